/* Activations: values, gradients and second derivatives as PyTorch gives them (1.13 in f64; hardswish's gradient at -3 as since 2.8, celu's
 * second row by the formula: PyTorch rounds 1 / alpha to f32), far out and at their kinks; derivatives against differences; weights a
 * channel, gates, and errors. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <string.h>

#include "context.h"
#include "expect.h"
#include "tinsmith_nn.h"

static const char *target;

static tin_ctx *new_ctx(void) {
  return good_ctx((struct tin_ctx_options){.target = target, .threads = 1});
}

enum { POINTS = 16 };
static const double points[POINTS] = {-INFINITY, -1e4, -100, -3, -2, -0.5, -0.0, 0, 0.5, 1, 3, 6, 100, 1e4, INFINITY, NAN};

#define VECTOR(...) TENSOR(ctx, TIN_F64, TIN_SHAPE((int64_t)(sizeof F64(__VA_ARGS__) / sizeof(double))), __VA_ARGS__)

#define FUNCTION(name, call)                                                                                                               \
  static tin_tensor *name(tin_tensor *x) {                                                                                                 \
    return call;                                                                                                                           \
  }
FUNCTION(gelu, tin_gelu(x))
FUNCTION(gelu_tanh, tin_gelu(x, .approximate = "tanh"))
FUNCTION(quick_gelu, tin_quick_gelu(x))
FUNCTION(silu, tin_silu(x))
FUNCTION(mish, tin_mish(x))
FUNCTION(softplus, tin_softplus(x))
FUNCTION(softplus2, tin_softplus(x, .beta = 2, .threshold = 5))
FUNCTION(elu, tin_elu(x))
FUNCTION(elu2, tin_elu(x, .alpha = 0.7))
FUNCTION(selu, tin_selu(x))
FUNCTION(celu, tin_celu(x))
FUNCTION(celu2, tin_celu(x, .alpha = 1.3))
FUNCTION(relu6, tin_relu6(x))
FUNCTION(leaky_relu, tin_leaky_relu(x))
FUNCTION(leaky2, tin_leaky_relu(x, .slope = 0.2))
FUNCTION(rrelu, tin_rrelu(x))
FUNCTION(hardswish, tin_hardswish(x))
FUNCTION(hardsigmoid, tin_hardsigmoid(x))
FUNCTION(hardtanh, tin_hardtanh(x))
FUNCTION(hardtanh2, tin_hardtanh(x, .low = -2, .high = 0.5))
FUNCTION(logsigmoid, tin_logsigmoid(x))
FUNCTION(softsign, tin_softsign(x))
FUNCTION(softshrink, tin_softshrink(x))
FUNCTION(softshrink2, tin_softshrink(x, .lambda = 1))
FUNCTION(hardshrink, tin_hardshrink(x))
FUNCTION(hardshrink2, tin_hardshrink(x, .lambda = 1))
FUNCTION(tanhshrink, tin_tanhshrink(x))
FUNCTION(threshold, tin_threshold(x, 1, 20))
FUNCTION(squared_relu, tin_squared_relu(x))
#undef FUNCTION

static const struct activation {
  const char *name;
  tin_tensor *(*build)(tin_tensor *x);
  double value[POINTS], gradient[POINTS], second[POINTS]; /* NAN: not compared, but in the last value */
} activations[] = {
    {"gelu",
     gelu,
     {NAN, -0.0, -0.0, -0.00404969409489031, -0.04550026389635842, -0.15426876936299344, -0.0, 0, 0.34573123063700656, 0.841344746068543,
      2.99595030590511, 5.999999994080474, 100, 10000, INFINITY, NAN},
     {NAN, 0, 0, -0.01194564720418392, -0.08523180107819692, 0.13250487534383712, 0.5, 0.5, 0.8674951246561629, 1.0833154705876864,
      1.011945647204184, 1.0000000354687093, 1, 1, NAN, NAN},
     {NAN, 0, 0, NAN, -0.10798193302637613, 0.6161143218375241, NAN, NAN, 0.6161143218375241, NAN, NAN, -2.0658001689399173e-07, 0, 0, NAN,
      NAN}},
    {"gelu_tanh",
     gelu_tanh,
     {NAN, -0.0, -0.0, -0.0036373920817729943, -0.04540230591222494, -0.15428599017485606, -0.0, 0, 0.34571400982514394, 0.8411919906082768,
      2.996362607918227, 5.9999999999156035, 100, 10000, INFINITY, NAN},
     {NAN, 0, 0, -0.011584166630969648, -0.0860992566236183, 0.13263009646535764, 0.5, 0.5, 0.8673699035346424, 1.0829640838457826,
      1.0115841666309695, 1.0000000007709977, 1, 1, NAN, NAN},
     {NAN, 0, 0, NAN, -0.1078750799510785, 0.615506895115985, NAN, NAN, 0.615506895115985, NAN, NAN, -6.824247144948231e-09, 0, 0, NAN,
      NAN}},
    {"quick_gelu",
     quick_gelu,
     {NAN, -0.0, -1.210818868520431e-72, -0.01807130970778597, -0.06434137685579186, -0.1496115633936199, -0.0, 0, 0.35038843660638014,
      0.8457957659328212, 2.981928690292214, 5.999779646450213, 100, 10000, INFINITY, NAN},
     {NAN, 0, -2.0487055255365692e-72, -0.024548323905652352, -0.07381535430854194, 0.12077808803458576, 0.5, 0.5, 0.8792219119654143,
      1.067779606556334, 1.0245483239056525, 1.0003383023764763, 1, 1, NAN, NAN},
     {NAN, 0, -3.466288667321022e-72, NAN, -0.06279577396597438, 0.5918228789312335, NAN, NAN, 0.5918228789312335, NAN, NAN,
      -0.0005132413953022544, 0, 0, NAN, NAN}},
    {"silu",
     silu,
     {NAN, -0.0, -3.720075976020836e-42, -0.14227761953270035, -0.2384058440442351, -0.1887703343990727, -0.0, 0, 0.3112296656009273,
      0.7310585786300049, 2.8577223804672998, 5.985164261060192, 100, 10000, INFINITY, NAN},
     {NAN, -0.0, -3.682875216260627e-42, -0.08810410601516962, -0.09078424878489547, 0.2600388126973482, 0.5, 0.5, 0.7399611873026519,
      0.9276705118714869, 1.0881041060151693, 1.0123264325915249, 1, 1, NAN, NAN},
     {NAN, 0, -3.6456744565004186e-42, NAN, 0.050062168694706914, 0.44122902697702865, NAN, NAN, 0.4412290269770286, NAN, NAN,
      -0.00979285218956127, 0, 0, NAN, NAN}},
    {"mish",
     mish,
     {NAN, -0.0, -3.7200759760208363e-42, -0.1456474612756246, -0.2525014826957089, -0.22074377465173, -0.0, 0, 0.37524521130489513,
      0.8650983882673103, 2.9865350049679575, 5.999926634065252, 100, 10000, INFINITY, NAN},
     {NAN, 0, -3.682875216260627e-42, -0.09339311453232084, -0.1083550924203939, 0.28951067791351226, 0.6, 0.6, 0.8864243753577273,
      1.0490362200997922, 1.0211069109294435, 1.0001341405062103, 1, 1, NAN, NAN},
     {NAN, 0, -3.645674456500419e-42, NAN, 0.035027081852659236, 0.5639709231132665, NAN, NAN, 0.46805337784488654, NAN, NAN,
      -0.000242857626120053, 0, 0, NAN, NAN}},
    {"softplus",
     softplus,
     {0, 0, 3.720075976020836e-44, 0.04858735157374206, 0.1269280110429725, 0.4740769841801067, 0.6931471805599453, 0.6931471805599453,
      0.9740769841801067, 1.3132616875182228, 3.048587351573742, 6.00247568513773, 100, 10000, INFINITY, NAN},
     {0, 0, 3.720075976020836e-44, 0.04742587317756679, 0.11920292202211755, 0.37754066879814546, 0.5, 0.5, 0.6224593312018546,
      0.7310585786300049, 0.9525741268224333, 0.9975273768433652, 1, 1, 1, NAN},
     {NAN, 0, 3.7200759760208356e-44, NAN, 0.1049935854035065, 0.2350037122015945, NAN, NAN, 0.2350037122015945, NAN, NAN,
      0.002466509291359931, 0, 0, NAN, NAN}},
    {"softplus2",
     softplus2,
     {0, 0, 6.919482633683688e-88, 0.0012378425688652247, 0.009074963958904869, 0.15663084375911143, 0.34657359027997264,
      0.34657359027997264, 0.6566308437591114, 1.0634640055214863, 3, 6, 100, 10000, INFINITY, NAN},
     {0, 0, 1.3838965267367376e-87, 0.0024726231566347748, 0.017986209962091555, 0.2689414213699951, 0.5, 0.5, 0.7310585786300049,
      0.8807970779778824, 1, 1, 1, 1, 1, NAN},
     {NAN, 0, 2.767793053473475e-87, NAN, 0.035325412426582235, 0.3932238664829637, NAN, NAN, 0.3932238664829637, NAN, NAN, 0, 0, 0, NAN,
      NAN}},
    {"elu",
     elu,
     {-1, -1, -1, -0.950212931632136, -0.8646647167633873, -0.3934693402873666, 0, 0, 0.5, 1, 3, 6, 100, 10000, INFINITY, NAN},
     {0, 0, 3.720075976020836e-44, 0.049787068367863944, 0.1353352832366127, 0.6065306597126334, 1, 1, 1, 1, 1, 1, 1, 1, 1, NAN},
     {NAN, 0, 3.720075976020836e-44, NAN, 0.1353352832366127, 0.6065306597126334, NAN, NAN, 0, NAN, NAN, 0, 0, 0, NAN, NAN}},
    {"elu2",
     elu2,
     {-0.7, -0.7, -0.7, -0.6651490521424952, -0.6052653017343711, -0.2754285382011566, 0, 0, 0.5, 1, 3, 6, 100, 10000, INFINITY, NAN},
     {0, 0, 2.604053183214585e-44, 0.03485094785750476, 0.09473469826562889, 0.42457146179884336, 0.7, 0.7, 1, 1, 1, 1, 1, 1, 1, NAN},
     {NAN, 0, 2.604053183214585e-44, NAN, 0.09473469826562889, 0.42457146179884336, NAN, NAN, 0, NAN, NAN, 0, 0, 0, NAN, NAN}},
    {"selu",
     selu,
     {-1.7580993408473766, -1.7580993408473766, -1.7580993408473766, -1.6705687287671118, -1.5201664685956948, -0.6917581878028713, 0, 0,
      0.5253504936777402, 1.0507009873554805, 3.1521029620664414, 6.304205924132883, 105.07009873554804, 10507.009873554805, INFINITY, NAN},
     {0, 0, 6.540263121344393e-44, 0.08753061208026487, 0.2379328722516818, 1.0663411530445053, 1.7580993408473766, 1.7580993408473766,
      1.0507009873554805, 1.0507009873554805, 1.0507009873554805, 1.0507009873554805, 1.0507009873554805, 1.0507009873554805,
      1.0507009873554805, NAN},
     {NAN, 0, 6.540263121344393e-44, NAN, 0.2379328722516818, 1.0663411530445053, NAN, NAN, 0, NAN, NAN, 0, 0, 0, NAN, NAN}},
    {"celu",
     celu,
     {-1, -1, -1, -0.950212931632136, -0.8646647167633873, -0.3934693402873666, 0, 0, 0.5, 1, 3, 6, 100, 10000, INFINITY, NAN},
     {0, 0, 3.720075976020836e-44, 0.049787068367863944, 0.1353352832366127, 0.6065306597126334, 1, 1, 1, 1, 1, 1, 1, 1, 1, NAN},
     {NAN, 0, 3.720075976020836e-44, NAN, 0.1353352832366127, 0.6065306597126334, NAN, NAN, 0, NAN, NAN, 0, 0, 0, NAN, NAN}},
    {"celu2",
     celu2,
     {-1.3, -1.3, -1.3, -1.170662245356684, -1.0208754759557936, -0.41507388217959895, -0.0, 0.0, 0.5, 1.0, 3.0, 6.0, 100.0, 10000.0,
      INFINITY, NAN},
     {0.0, 0.0, 3.915003559824468e-34, 0.09949058049485845, 0.2147111723416973, 0.6807123983233854, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0,
      1.0, NAN},
     {NAN, 0.0, 3.0115411998649756e-34, NAN, 0.16516244026284407, 0.5236249217872195, NAN, NAN, 0.0, NAN, NAN, 0.0, 0.0, 0.0, NAN, NAN}},
    {"relu6",
     relu6,
     {0, 0, 0, 0, 0, 0, -0.0, 0, 0.5, 1, 3, 6, 6, 6, 6, NAN},
     {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 0, 0, 0, 0, NAN},
     {NAN, 0, 0, NAN, 0, 0, NAN, NAN, 0, NAN, NAN, 0, 0, 0, NAN, NAN}},
    {"leaky_relu",
     leaky_relu,
     {-INFINITY, -100, -1, -0.03, -0.02, -0.005, -0.0, 0, 0.5, 1, 3, 6, 100, 10000, INFINITY, NAN},
     {0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 1, 1, 1, 1, 1, 1, 1, NAN},
     {NAN, 0, 0, NAN, 0, 0, NAN, NAN, 0, NAN, NAN, 0, 0, 0, NAN, NAN}},
    {"leaky2",
     leaky2,
     {-INFINITY, -2000, -20, -0.6000000000000001, -0.4, -0.1, -0.0, 0, 0.5, 1, 3, 6, 100, 10000, INFINITY, NAN},
     {0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 1, 1, 1, 1, 1, 1, 1, NAN},
     {NAN, 0, 0, NAN, 0, 0, NAN, NAN, 0, NAN, NAN, 0, 0, 0, NAN, NAN}},
    {"rrelu",
     rrelu,
     {-INFINITY, -2291.6666666666665, -22.916666666666664, -0.6875, -0.4583333333333333, -0.11458333333333333, -0.0, 0, 0.5, 1, 3, 6, 100,
      10000, INFINITY, NAN},
     {0.22916666666666666, 0.22916666666666666, 0.22916666666666666, 0.22916666666666666, 0.22916666666666666, 0.22916666666666666,
      0.22916666666666666, 0.22916666666666666, 1, 1, 1, 1, 1, 1, 1, NAN},
     {NAN, 0, 0, NAN, 0, 0, NAN, NAN, 0, NAN, NAN, 0, 0, 0, NAN, NAN}},
    {"hardswish",
     hardswish,
     {NAN, -0.0, -0.0, -0.0, -0.3333333333333333, -0.20833333333333334, -0.0, 0, 0.2916666666666667, 0.6666666666666666, 3, 6, 100, 10000,
      INFINITY, NAN},
     {0, 0, 0, 0, -0.16666666666666663, 0.33333333333333337, 0.5, 0.5, 0.6666666666666666, 0.8333333333333333, 1, 1, 1, 1, 1, NAN},
     {NAN, 0, 0, NAN, 0.3333333333333333, 0.3333333333333333, NAN, NAN, 0.3333333333333333, NAN, NAN, 0, 0, 0, NAN, NAN}},
    {"hardsigmoid",
     hardsigmoid,
     {0, 0, 0, 0, 0.16666666666666666, 0.4166666666666667, 0.5, 0.5, 0.5833333333333334, 0.6666666666666666, 1, 1, 1, 1, 1, NAN},
     {0, 0, 0, 0, 1 / 6.0, 1 / 6.0, 1 / 6.0, 1 / 6.0, 1 / 6.0, 1 / 6.0, 0, 0, 0, 0, 0, NAN},
     {NAN, 0, 0, NAN, 0, 0, NAN, NAN, 0, NAN, NAN, 0, 0, 0, NAN, NAN}},
    {"hardtanh",
     hardtanh,
     {-1, -1, -1, -1, -1, -0.5, -0.0, 0, 0.5, 1, 1, 1, 1, 1, 1, NAN},
     {0, 0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, NAN},
     {NAN, 0, 0, NAN, 0, 0, NAN, NAN, 0, NAN, NAN, 0, 0, 0, NAN, NAN}},
    {"hardtanh2",
     hardtanh2,
     {-2, -2, -2, -2, -2, -0.5, -0.0, 0, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, NAN},
     {0, 0, 0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, NAN},
     {NAN, 0, 0, NAN, 0, 0, NAN, NAN, 0, NAN, NAN, 0, 0, 0, NAN, NAN}},
    {"logsigmoid",
     logsigmoid,
     {-INFINITY, -10000, -100, -3.048587351573742, -2.1269280110429727, -0.9740769841801067, -0.6931471805599453, -0.6931471805599453,
      -0.4740769841801067, -0.31326168751822286, -0.04858735157374206, -0.0024756851377304495, -3.720075976020836e-44, 0, 0, NAN},
     {1, 1, 1, 0.9525741268224333, 0.8807970779778824, 0.6224593312018545, 0.5, 0.5, 0.37754066879814546, 0.2689414213699951,
      0.04742587317756679, 0.0024726231566347748, 3.720075976020836e-44, 0, 0, NAN},
     {NAN, -0.0, -3.7200759760208356e-44, NAN, -0.1049935854035065, -0.2350037122015945, NAN, NAN, -0.2350037122015945, NAN, NAN,
      -0.002466509291359931, 0, 0, NAN, NAN}},
    {"softsign",
     softsign,
     {NAN, -0.9999000099990001, -0.9900990099009901, -0.75, -0.6666666666666666, -0.3333333333333333, -0.0, 0, 0.3333333333333333, 0.5,
      0.75, 0.8571428571428571, 0.9900990099009901, 0.9999000099990001, NAN, NAN},
     {NAN, 9.998000299960897e-09, 9.80296049406925e-05, 0.0625, 0.1111111111111111, 0.4444444444444444, 1, 1, 0.4444444444444444, 0.25,
      0.0625, 0.020408163265306117, 9.80296049406925e-05, 9.998000299960897e-09, NAN, NAN},
     {NAN, 1.9994001199796613e-12, 1.9411802958552995e-06, NAN, 0.07407407407407407, 0.5925925925925926, NAN, NAN, -0.5925925925925926, NAN,
      NAN, -0.005830903790087463, -1.9411802958552995e-06, -1.9994001199796613e-12, NAN, NAN}},
    {"softshrink",
     softshrink,
     {-INFINITY, -9999.5, -99.5, -2.5, -1.5, 0, 0, 0, 0, 0.5, 2.5, 5.5, 99.5, 9999.5, INFINITY, NAN},
     {1, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, NAN},
     {NAN, 0, 0, NAN, 0, 0, NAN, NAN, 0, NAN, NAN, 0, 0, 0, NAN, NAN}},
    {"softshrink2",
     softshrink2,
     {-INFINITY, -9999, -99, -2, -1, 0, 0, 0, 0, 0, 2, 5, 99, 9999, INFINITY, NAN},
     {1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, NAN},
     {NAN, 0, 0, NAN, 0, 0, NAN, NAN, 0, NAN, NAN, 0, 0, 0, NAN, NAN}},
    {"hardshrink",
     hardshrink,
     {-INFINITY, -10000, -100, -3, -2, 0, 0, 0, 0, 1, 3, 6, 100, 10000, INFINITY, NAN},
     {1, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, NAN},
     {NAN, 0, 0, NAN, 0, 0, NAN, NAN, 0, NAN, NAN, 0, 0, 0, NAN, NAN}},
    {"hardshrink2",
     hardshrink2,
     {-INFINITY, -10000, -100, -3, -2, 0, 0, 0, 0, 0, 3, 6, 100, 10000, INFINITY, NAN},
     {1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, NAN},
     {NAN, 0, 0, NAN, 0, 0, NAN, NAN, 0, NAN, NAN, 0, 0, 0, NAN, NAN}},
    {"tanhshrink",
     tanhshrink,
     {-INFINITY, -9999, -99, -2.0049452463132695, -1.035972419924183, -0.03788284273999026, 0, 0, 0.03788284273999026, 0.23840584404423515,
      2.0049452463132695, 5.000012288349204, 99, 9999, INFINITY, NAN},
     {1, 1, 1, 0.9901339628345598, 0.9293491751468356, 0.2135522670340726, 0, 0, 0.2135522670340726, 0.5800256583859739, 0.9901339628345598,
      0.9999754234525947, 1, 1, 1, NAN},
     {NAN, -0.0, -0.0, NAN, -0.13621868742711296, -0.7268619813835873, NAN, NAN, 0.7268619813835873, NAN, NAN, 4.9152490800212435e-05, 0, 0,
      NAN, NAN}},
    {"threshold",
     threshold,
     {20, 20, 20, 20, 20, 20, 20, 20, 20, 20, 3, 6, 100, 10000, INFINITY, NAN},
     {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, NAN},
     {NAN, 0, 0, NAN, 0, 0, NAN, NAN, 0, NAN, NAN, 0, 0, 0, NAN, NAN}},
    {"squared_relu",
     squared_relu,
     {0, 0, 0, 0, 0, 0, 0, 0, 0.25, 1, 9, 36, 10000, 100000000, INFINITY, NAN},
     {0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 6, 12, 200, 20000, INFINITY, NAN},
     {NAN, 0, 0, NAN, 0, 0, NAN, NAN, 2, NAN, NAN, 2, 2, 2, NAN, NAN}},
};

enum { ACTIVATIONS = sizeof activations / sizeof *activations };

static void compare(tin_ctx *ctx, const char *name, const char *what, tin_tensor *t, const double *want, double tolerance) {
  double got[POINTS];
  if (!tin_read(tin_cast(t, TIN_F64), got, sizeof got))
    fail_msg("%s: %s", name, tin_message(ctx));
  for (int i = 0; i < POINTS; i++) {
    bool compared = !isnan(want[i]) || (strcmp(what, "value") == 0 && i == POINTS - 1);
    bool same = got[i] == want[i] || (isnan(got[i]) && isnan(want[i])) || fabs(got[i] - want[i]) <= tolerance * (fabs(want[i]) + 0.01);
    if (compared && !same)
      fail_msg("%s on %s: the %s at %g is %.17g, not %.17g", name, target ? target : "best", what, points[i], got[i], want[i]);
  }
}

static void check_values(tin_ctx *ctx, tin_dtype dtype, double tolerance) {
  for (const struct activation *row = activations; row < activations + ACTIVATIONS; row++) {
    tin_scope scope = tin_begin(ctx);
    tin_tensor *x = tin_cast(tin_from(ctx, TIN_F64, TIN_SHAPE(POINTS), points), dtype), *y = row->build(x), *gradient, *second;
    assert_int_equal(tin_dtype_of(y), dtype);
    compare(ctx, row->name, "value", y, row->value, tolerance);
    tin_grad(y, TIN_LIST(x), &gradient);
    compare(ctx, row->name, "gradient", gradient, row->gradient, tolerance);
    tin_grad(gradient, TIN_LIST(x), &second);
    compare(ctx, row->name, "second derivative", second, row->second, tolerance);
    tin_end(scope);
  }
}

static void test_values(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  check_values(ctx, TIN_F64, 4e-13);
  check_values(ctx, TIN_F32, 3e-5);
  end_ctx(ctx);
}

/* ---- derivatives ---- */

static tin_tensor *one_activation(void *user, tin_list x) {
  return ((const struct activation *)user)->build(x.at[0]);
}
static tin_tensor *with_weight(void *user, tin_list x) {
  (void)user;
  return tin_prelu(x.at[0], x.at[1]);
}
static tin_tensor *all_gates(void *user, tin_list x) {
  (void)user;
  return tin_stack(TIN_LIST(tin_glu(x.at[0], 1), tin_reglu(x.at[0], 1), tin_geglu(x.at[0], 1), tin_swiglu(x.at[0], 1)), 0);
}

static void test_derivatives(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *x = VECTOR(-2.3, -0.9, -0.2, 0.3, 1.7, 4.1), *wide = tin_reshape(x, TIN_SHAPE(1, 6));
  bool good = true;
  for (int i = 0; good && i < ACTIVATIONS; i++) {
    struct activation row = activations[i];
    good = tin_gradcheck(one_activation, &row, TIN_LIST(x), .second_order = true);
  }
  good = good && tin_gradcheck(with_weight, NULL, TIN_LIST(tin_reshape(x, TIN_SHAPE(2, 3)), VECTOR(0.3, -0.7, 1.2)), .second_order = true);
  good = good && tin_gradcheck(all_gates, NULL, TIN_LIST(wide), .second_order = true);
  if (!good)
    fail_msg("%s", tin_message(ctx));
  end_ctx(ctx);
}

/* ---- the others ---- */

static void test_prelu(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *x = TENSOR(ctx, TIN_F32, TIN_SHAPE(1, 2, 3), -1, 0, 2, -INFINITY, INFINITY, -3),
             *w = TENSOR(ctx, TIN_F32, TIN_SHAPE(2), 0.5, 2);
  EXPECT_EXACT(tin_prelu(x, w), -0.5, 0, 2, -INFINITY, INFINITY, -6);
  EXPECT_EXACT(tin_prelu(x, TENSOR(ctx, TIN_F64, TIN_SHAPE(1), 0.25)), -0.25, 0, 2, -INFINITY, INFINITY, -0.75);
  EXPECT_EXACT(tin_prelu(VECTOR(-1, 2), VECTOR(3)), -3, 2);
  EXPECT_TYPE(tin_prelu(tin_zeros(ctx, TIN_I32, TIN_SHAPE(0, 2)), w), TIN_F32, 0, 2);
  tin_tensor *gradients[2];
  tin_grad(tin_prelu(x, w), TIN_LIST(x, w), gradients);
  EXPECT_EXACT(gradients[0], 0.5, 0.5, 1, 2, 1, 2);
  EXPECT_EXACT(gradients[1], -1, -INFINITY);
  end_ctx(ctx);
}

static void test_gates(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *x = TENSOR(ctx, TIN_F64, TIN_SHAPE(2, 4), 1, 2, 0, -1, 3, 4, 100, -100);
  EXPECT_TYPE(tin_glu(x, -1), TIN_F64, 2, 2);
  EXPECT_NEAR(tin_glu(x, -1), 1e-14, 0.5, 0.5378828427399903, 3, 1.4880303904083344e-43);
  EXPECT_NEAR(tin_reglu(x, 1), 1e-14, 0, 0, 300, 0);
  EXPECT_NEAR(tin_geglu(x, 1), 1e-14, 0, -0.3173105078629141, 300, 0);
  EXPECT_NEAR(tin_swiglu(x, 1), 1e-14, 0, -0.5378828427399903, 300, -1.4880303904083344e-41);
  EXPECT_NEAR(tin_reglu(x, 0), 1e-14, 3, 8, 0, 0);
  EXPECT_NEAR(tin_softmin(VECTOR(0, 0.6931471805599453), 0), 1e-14, 2 / 3.0, 1 / 3.0);
  end_ctx(ctx);
}

/* Results far below the absolute tolerance of the table. */
static void test_tails(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *x = VECTOR(-100, -50), *gradient;
  EXPECT_NEAR(tin_silu(x), 1e-14, -3.720075976020836e-42, -9.643749239819589e-21);
  EXPECT_NEAR(tin_mish(x), 1e-14, -3.720075976020836e-42, -9.643749239819589e-21);
  EXPECT_NEAR(tin_softplus(x), 1e-14, 3.720075976020836e-44, 1.9287498479639178e-22);
  EXPECT_NEAR(tin_logsigmoid(tin_neg(x)), 1e-14, -3.720075976020836e-44, -1.9287498479639178e-22);
  tin_grad(tin_mish(x), TIN_LIST(x), &gradient);
  EXPECT_NEAR(gradient, 1e-14, -3.682875216260627e-42, -9.450874255023197e-21);
  end_ctx(ctx);
}

/* Draws come as often as their classes are likely; the hard one has the gradient of a softmax, whose sum along the axis is 0. */
static void test_gumbel_softmax(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  enum { DRAWS = 4000 };
  tin_tensor *logits = tin_log(TENSOR(ctx, TIN_F32, TIN_SHAPE(3, 1), 0.2, 0.5, 0.3));
  tin_tensor *many = tin_expand(logits, TIN_SHAPE(3, DRAWS)), *hard = tin_gumbel_softmax(many, 0, .tau = 0.5, .hard = true), *gradient;
  EXPECT_NEAR(tin_mean(hard, .axes = TIN_AXES(1)), 0.1, 0.2, 0.5, 0.3);
  assert_true(tin_allclose(tin_sum(tin_square(hard), .axes = TIN_AXES(0)), tin_ones(ctx, TIN_F32, TIN_SHAPE(DRAWS))));
  tin_tensor *soft = tin_gumbel_softmax(many, -2);
  assert_true(tin_allclose(tin_sum(soft, .axes = TIN_AXES(0)), tin_ones(ctx, TIN_F32, TIN_SHAPE(DRAWS))));
  assert_true(tin_item(tin_max(soft)) < 1 && tin_item(tin_min(soft)) > 0);
  tin_grad(tin_sum(tin_mul(hard, TENSOR(ctx, TIN_F32, TIN_SHAPE(3, 1), 1, 2, 5))), TIN_LIST(many), &gradient);
  assert_true(tin_item(tin_max(tin_abs(gradient))) > 0.1);
  assert_true(tin_item(tin_max(tin_abs(tin_sum(gradient, .axes = TIN_AXES(0))))) < 1e-5);
  EXPECT_TYPE(tin_gumbel_softmax(tin_zeros(ctx, TIN_BF16, TIN_SHAPE(2, 3)), -1, .hard = true), TIN_BF16, 2, 3);
  end_ctx(ctx);
}

static void test_shapes(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  EXPECT_TYPE(tin_mish(tin_zeros(ctx, TIN_I32, TIN_SHAPE(3, 0))), TIN_F32, 3, 0);
  EXPECT_EXACT(tin_elu(tin_constant(ctx, TIN_F64, 2)), 2);
  EXPECT_TYPE(tin_gelu(tin_zeros(ctx, TIN_BF16, TIN_SHAPE(2))), TIN_BF16, 2);
  EXPECT_EXACT(tin_quick_gelu(TENSOR(ctx, TIN_F16, TIN_SHAPE(2), 1, -3)), 0.845703125, -0.01806640625);
  EXPECT_EXACT(tin_relu6(TENSOR(ctx, TIN_I32, TIN_SHAPE(2), -3, 9)), 0, 6);
  EXPECT_TYPE(tin_swiglu(tin_zeros(ctx, TIN_F32, TIN_SHAPE(0)), 0), TIN_F32, 0);
  end_ctx(ctx);
}

static void test_misuse(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *x = tin_zeros(ctx, TIN_F32, TIN_SHAPE(2, 3));
#define ERROR(call, text)                                                                                                                  \
  do {                                                                                                                                     \
    assert_true(tin_is_poison(call));                                                                                                      \
    if (!strstr(tin_message(ctx), text))                                                                                                   \
      fail_msg("line %d: %s", __LINE__, tin_message(ctx));                                                                                 \
    tin_clear_error(ctx);                                                                                                                  \
  } while (0)
  ERROR(tin_gelu(x, .approximate = "tan"), "gelu: approximate is \"none\" or \"tanh\", not \"tan\"");
  ERROR(tin_hardtanh(x, .low = 2, .high = 1), "hardtanh: low 2 is not below high 1");
  ERROR(tin_gumbel_softmax(x, 1, .tau = -1), "gumbel_softmax: the temperature -1 is negative");
  ERROR(tin_gumbel_softmax(x, 2), "gumbel_softmax: ");
  ERROR(tin_glu(x, 1), "glu: axis 1 of x [2, 3] has no halves: its size is odd");
  ERROR(tin_prelu(x, tin_zeros(ctx, TIN_F32, TIN_SHAPE(2))),
        "prelu: weight [2] must have one element, or one for each of the 3 channels of x [2, 3]");
  ERROR(tin_add(tin_mish(x), tin_elu(NULL)), "operand b is poison");
  end_ctx(ctx);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_values),         cmocka_unit_test(test_prelu), cmocka_unit_test(test_gates),  cmocka_unit_test(test_shapes),
      cmocka_unit_test(test_gumbel_softmax), cmocka_unit_test(test_tails), cmocka_unit_test(test_misuse),
  };
  static const char *const targets[] = {"interpreter", "portable", NULL};
  int failed = 0;
  for (int i = 0; i < 3; i++) {
    target = targets[i];
    failed += cmocka_run_group_tests_name(target ? target : "best", tests, NULL, NULL);
  }
  const struct CMUnitTest derivatives[] = {cmocka_unit_test(test_derivatives)};
  target = "interpreter";
  return failed + cmocka_run_group_tests_name("derivatives", derivatives, NULL, NULL);
}
