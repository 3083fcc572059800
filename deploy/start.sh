#!/bin/sh
# Compiled kernels are only read from where more could be written, which the image is not.
set -e
mkdir -p "$NUMBA_CACHE_DIR"
cp -R /opt/kernels/. "$NUMBA_CACHE_DIR"
exec "$@"
