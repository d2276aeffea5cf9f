// A file that was put in place is durable once its folder is.
#ifndef LOSSMILL_RESULTS_FOLDER_SYNC_H
#define LOSSMILL_RESULTS_FOLDER_SYNC_H

#include <stdbool.h>

// Syncs the folder of the file at PATH. False with errno set. A file system that cannot sync
// folders is no failure: nothing more can be done there.
bool folder_sync(const char *path);

#endif
