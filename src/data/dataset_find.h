/* Where a known data set's files are. */
#ifndef DIFFLUT_DATA_DATASET_FIND_H
#define DIFFLUT_DATA_DATASET_FIND_H

#include "dataset.h"

/* The first of data_dir (may be NULL), $DIFFLUT_DATA and ~/.cache/difflut whose folder <name> holds
 * all files of the set, each as listed or with ".gz" added or taken away. *folder is malloc'ed. ERR_IO
 * lists the folders tried, the file missing and what to do. */
enum err_status dataset_find(char **folder, const struct dataset_info *info, const char *data_dir,
                             struct err *err);

/* The path of one of the files in that folder, malloc'ed. ERR_IO when there is none. */
enum err_status dataset_find_file(char **path, const char *folder, const char *file,
                                  struct err *err);

#endif
