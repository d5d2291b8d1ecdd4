/* Memory of arrays that inner loops run over. */
#ifndef DIFFLUT_BASE_SLAB_H
#define DIFFLUT_BASE_SLAB_H

#include <stddef.h>

/* Zeroed bytes, aligned to SIMD_ALIGN, never none; free() frees them. Where the system has huge pages, large
 * ones lie on them: nets of 100,000 LUTs read rows all over the place, and would wait for the page
 * tables. NULL when there is no memory. */
void *slab_create(size_t bytes);

#endif
