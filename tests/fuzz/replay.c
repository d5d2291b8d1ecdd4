/* Runs one fuzz target over files: the kept corpus in `make test`, a finding by hand. Built with any
 * compiler, where libFuzzer is clang's.
 *   replay FILE...   prints the number of files */
#include "fuzz.h"

#include "base/file.h"

#include <stdio.h>
#include <stdlib.h>

#pragma weak LLVMFuzzerInitialize

int main(int count, char **paths)
{
    if (LLVMFuzzerInitialize != NULL) LLVMFuzzerInitialize(&count, &paths);
    for (int i = 1; i < count; i++) {
        struct err err;
        uint8_t *data = NULL, *exact;
        size_t size = 0;

        if (file_read(paths[i], 1 << 24, &data, &size, &err) != ERR_OK) {
            fprintf(stderr, "%s\n", err.message);
            return 1;
        }
        exact = realloc(data, size > 0 ? size : 1); /* so that a read past the end is noticed */
        LLVMFuzzerTestOneInput(exact, size);
        free(exact);
    }
    printf("%d files\n", count - 1);
    return 0;
}
