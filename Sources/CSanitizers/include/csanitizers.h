#ifndef ATTEND_CSANITIZERS_H
#define ATTEND_CSANITIZERS_H

/// What the thread sanitizer has to be told of Swift's `Mutex`; see mutex_edges.c. Nothing to call.

#endif
