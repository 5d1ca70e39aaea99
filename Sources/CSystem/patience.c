#define _GNU_SOURCE
#include "patience.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

struct call {
  void (*body)(void *);
  void (*undo)(void *);
  void *argument;
  sem_t ended;
  // Set by whichever comes first, the call's end or that of the patience: it decides which it was.
  atomic_flag decided;
};

static void *run(void *given) {
  struct call *call = given;
  call->body(call->argument);
  if (atomic_flag_test_and_set(&call->decided)) {
    call->undo(call->argument);
    free(call);
  } else {
    sem_post(&call->ended);
  }
  return NULL;
}

bool system_run_within(int milliseconds, void (*body)(void *), void (*undo)(void *),
                       void *argument) {
  struct call *call = calloc(1, sizeof *call);
  if (call == NULL) {
    body(argument);
    return true;
  }
  call->body = body;
  call->undo = undo;
  call->argument = argument;
  sem_init(&call->ended, 0, 0);
  // Signals are for the threads that were there before.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_t thread;
  const int error = pthread_create(&thread, NULL, run, call);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (error != 0) {
    free(call);
    body(argument);
    return true;
  }
  pthread_detach(thread);
  struct timespec end;
  clock_gettime(CLOCK_MONOTONIC, &end);
  end.tv_sec += milliseconds / 1000;
  end.tv_nsec += milliseconds % 1000 * 1000000L;
  if (end.tv_nsec >= 1000000000L) {
    end.tv_nsec -= 1000000000L;
    end.tv_sec += 1;
  }
  int waited;
  do {
    waited = sem_clockwait(&call->ended, CLOCK_MONOTONIC, &end);
  } while (waited != 0 && errno == EINTR);
  if (waited != 0) {
    // From here on the thread frees.
    if (!atomic_flag_test_and_set(&call->decided)) return false;
    // It ended in the last moment, and is about to say so.
    while (sem_wait(&call->ended) != 0) {
    }
  }
  free(call);
  return true;
}
