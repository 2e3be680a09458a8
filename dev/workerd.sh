#!/bin/sh
# Miniflare starts this in place of workerd: it writes its own id into the lock before it becomes workerd, so that a
# workerd restarted after a crash is never one that the lock does not know. Control-C is for the process that ends
# workerd in its turn, so it is ignored here.
trap '' INT
echo "child $$ $BRINK_WORKERD $*" >>"$BRINK_LOCK"
exec "$BRINK_WORKERD" "$@"
