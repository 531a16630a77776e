/*
 * The stack of the threads that CivetWeb starts.
 */
#include "server/threads.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>

int pthread_attr_setstacksize(pthread_attr_t *attributes, size_t size) {
    static int (*_Atomic next)(pthread_attr_t *, size_t);
    int (*setstacksize)(pthread_attr_t *, size_t) = atomic_load(&next);
    if (!setstacksize) {
        void *symbol = dlsym(RTLD_NEXT, "pthread_attr_setstacksize");
        if (!symbol) return ENOSYS;
        *(void **)&setstacksize = symbol; /* the form POSIX asks for */
        atomic_store(&next, setstacksize);
    }
    return setstacksize(attributes, size < THREADS_STACK ? THREADS_STACK : size);
}

bool threads_have_stack(void) {
    pthread_attr_t attributes;
    if (pthread_getattr_np(pthread_self(), &attributes) != 0) return false;
    size_t size = 0;
    bool known = pthread_attr_getstacksize(&attributes, &size) == 0;
    pthread_attr_destroy(&attributes);
    return known && size >= THREADS_STACK;
}
