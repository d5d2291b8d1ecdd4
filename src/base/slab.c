#include "slab.h"

#include "simd.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { HUGE_PAGE = 2 << 20 };

void *slab_create(size_t bytes)
{
    size_t align = bytes >= 2 * (size_t)HUGE_PAGE ? (size_t)HUGE_PAGE : (size_t)SIMD_ALIGN;
    size_t whole = bytes > 0 ? (bytes + align - 1) / align * align : align;
    void *data = whole >= bytes ? aligned_alloc(align, whole) : NULL;

    if (data == NULL) return NULL;
#ifdef MADV_HUGEPAGE
    if (align > SIMD_ALIGN) madvise(data, whole, MADV_HUGEPAGE); /* a wish: nothing depends on it */
#endif
    memset(data, 0, whole);
    return data;
}
