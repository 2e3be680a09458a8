// What is used of Temml. Its own types are not found where its module is, and its tree has none.

declare module "temml" {
  export type Tree = {
    /** A text has nothing else. */
    text?: string;
    /** The element's name; a fragment has none. */
    type?: string;
    attributes?: Record<string, unknown>;
    classes?: string[];
    style?: Record<string, string>;
    children?: Tree[];
  };
  type Options = {
    displayMode: boolean;
    throwOnError: boolean;
    trust: boolean;
    maxExpand: number;
    /** In em, and in points where TeX gives an absolute length. */
    maxSize: [number, number];
    /** "tex": a row for each piece of a line that may be broken behind its operator. */
    wrap: "none" | "tex";
    macros: Record<string, string>;
  };
  const temml: { __renderToMathMLTree(tex: string, options: Options): Tree };
  export default temml;
}
