/* Two threads and OpenMP: without a race, or with a planted one ("race pthread", "race openmp"). What
 * ThreadSanitizer says of each tells whether it can be believed (tools/run_threads.sh). */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COUNT = 100000, ROUNDS = 10 };

static long shared;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void *add(void *user)
{
    const int *locked = user;

    for (int i = 0; i < COUNT; i++) {
        if (*locked) pthread_mutex_lock(&lock);
        shared += i;
        if (*locked) pthread_mutex_unlock(&lock);
    }
    return NULL;
}

static void use_threads(int locked)
{
    pthread_t threads[2];

    for (int i = 0; i < 2; i++) {
        if (pthread_create(&threads[i], NULL, add, &locked) != 0) exit(2);
    }
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
}

/* Blocks that read what other threads wrote in the block before, and a sum: what training does. */
static void use_openmp(int racy)
{
    double *a = calloc(COUNT, sizeof *a), *b = calloc(COUNT, sizeof *b), sum = 0;

    if (a == NULL || b == NULL) exit(2);
    for (int round = 0; round < ROUNDS; round++) {
#pragma omp parallel for num_threads(2)
        for (int i = 0; i < COUNT; i++)
            a[i] = 2 * b[i] + i;
#pragma omp parallel for num_threads(2) reduction(+ : sum)
        for (int i = 0; i < COUNT; i++) {
            b[i] = a[COUNT - 1 - i];
            sum += b[i];
            if (racy) shared += i;
        }
    }
    printf("%g %ld\n", sum, shared);
    free(a);
    free(b);
}

int main(int argc, char **argv)
{
    const char *plant = argc > 1 ? argv[1] : "";

    use_threads(strcmp(plant, "pthread") != 0);
    use_openmp(strcmp(plant, "openmp") == 0);
    return 0;
}
