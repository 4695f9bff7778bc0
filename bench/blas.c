/* OpenBLAS, found at run time. Its choice of kernels is made when it is loaded, by a table of CPUs that older releases lack newer ones in
 * (a Sapphire Rapids gets the kernels of a Prescott), so the choice is made for it. */
#include "bench.h"

#include <dlfcn.h>
#include <stdlib.h>

/* cblas.h: enumerators and signature. */
enum { ROW_MAJOR = 101, NO_TRANSPOSE = 111, TRANSPOSE = 112 };
typedef void sgemm_function(int order, int transpose_a, int transpose_b, int m, int n, int k, float alpha, const float *a, int lda,
                            const float *b, int ldb, float beta, float *c, int ldc);

static struct {
  bool tried;
  sgemm_function *sgemm;
  void (*set_threads)(int threads);
  char *(*core_name)(void);
} blas;

bool bench_blas_load(void) {
  static const char *const names[] = {"/usr/lib/x86_64-linux-gnu/openblas-pthread/libopenblas.so.0", "libopenblas.so.0", "libopenblas.so"};
  if (blas.tried)
    return blas.sgemm != NULL;
  blas.tried = true;
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f"))
    setenv("OPENBLAS_CORETYPE", "SkylakeX", 0);
  else if (__builtin_cpu_supports("avx2"))
    setenv("OPENBLAS_CORETYPE", "Haswell", 0);
#endif
  void *library = NULL;
  for (int i = 0; i < (int)(sizeof names / sizeof *names) && !library; i++)
    library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
  if (!library)
    return false;
  *(void **)&blas.sgemm = dlsym(library, "cblas_sgemm");
  *(void **)&blas.set_threads = dlsym(library, "openblas_set_num_threads");
  *(void **)&blas.core_name = dlsym(library, "openblas_get_corename");
  if (!blas.set_threads)
    blas.sgemm = NULL;
  return blas.sgemm != NULL;
}

const char *bench_blas_name(void) {
  return blas.core_name ? blas.core_name() : "unknown";
}

void bench_blas_threads(int threads) {
  blas.set_threads(threads);
}

void bench_blas(const struct bench_gemm *gemm, const float *a, const float *b, float *c) {
  blas.sgemm(ROW_MAJOR, gemm->transpose_a ? TRANSPOSE : NO_TRANSPOSE, gemm->transpose_b ? TRANSPOSE : NO_TRANSPOSE, gemm->m, gemm->n,
             gemm->k, 1, a, gemm->transpose_a ? gemm->m : gemm->k, b, gemm->transpose_b ? gemm->k : gemm->n, gemm->beta, c, gemm->n);
}
