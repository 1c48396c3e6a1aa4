// Compiles the header on its own, so that its assertions of every offset are checked whenever the package is built.
#include "attend_backend.h"
