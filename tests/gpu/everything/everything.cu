// Instantiates the whole backend, so that it is seen to compile for every architecture: what a pipeline uses, and the
// ops that no network of the library uses yet.
#include <hush/cuda.cuh>

namespace {

using namespace hush;

struct Blank {
  std::int64_t size() const { return 1; }
  Images<float> batch(std::span<const std::int64_t> items) const { return {std::int64_t(items.size()), 8, 8, 1}; }
};
struct Torn {
  std::int64_t size() const { return 1; }
  Examples<MaskedImages> batch(std::span<const std::int64_t> items) const {
    const Images<float> blank = Blank{}.batch(items);
    Images<float> hole(1, 8, 8, 1);
    hole.pixels[0] = 1;
    return {blank, {blank, hole}};
  }
};

struct Named {
  std::int64_t size() const { return 1; }
  Examples<LabelSets> batch(std::span<const std::int64_t> items) const { return {Blank{}.batch(items), {{{1}}}}; }
};

template <class P>
double everything() {
  using B = Cuda<P>;
  const B on{};
  const Process process{LinearBeta{}, PredictNoise{}};
  AttentionUnet<B> net({.image = {8, 8, 1}, .widths = {8}, .bottleneck = 8}, process.ports(), Seed{1}, on);
  const Blank data;
  const auto trained = train(process, net, AdamW{}, data, TrainOptions<Blank>{.batch = 1});
  const Images<float> made = sample(process, trained.averaged, Ddim{.eta = 1}, SampleOptions<B>{.steps = 30});
  const Images<float> eager = sample(process, net, Ddpm{}, SampleOptions<B>{.execution = Execution::eager});

  SampleOptions<B> changed{.steps = 5, .threshold = DynamicThreshold{}, .start = FromUniform{}};
  const Images<float> multistep = sample(process, net, UniPc{.order = 3}, changed);
  changed.threshold = {};  // it never looks at x0
  const Images<float> corrected = sample(process, net, PredictorCorrector{}, changed);

  const Process inpainting{LinearBeta{}, PredictNoise<Gamma>{}, Mask{.channels = 1}};
  const std::string described = code_of(describe(inpainting.parameterization));
  const AdmConfig sizes{.image = {8, 8, 1}, .channels = 32, .multipliers = {1, 2}, .checkpoint = true};
  Adm<B> adm(sizes, inpainting.ports(), Seed{1}, on);
  const Torn torn;
  const auto restoring = train(inpainting, adm, AdamW{}, torn, TrainOptions<Torn>{.batch = 1});
  const MaskedImages given = torn.batch(std::vector<std::int64_t>{0}).given;
  const Images<float> restored = sample(inpainting, restoring.averaged, Ddim{}, given, SampleOptions<B>{.steps = 30});
  SimpleUnet<B> plain({.image = {8, 8, 1}, .widths = {8, 16}}, process.ports(), Seed{1}, on);
  const auto normed = train(process, plain, AdamW{}, data, TrainOptions<Blank>{.batch = 1});
  const Images<float> smooth = sample(process, normed.averaged, Ddpm{}, SampleOptions<B>{});
  const Unet2dConfig blocks{.image = {8, 8, 1},
                            .down_block_types = {UnetBlock::resnet, UnetBlock::attention},
                            .up_block_types = {UnetBlock::attention, UnetBlock::resnet},
                            .block_out_channels = {32, 64},
                            .checkpoint = true};
  Unet2d<B> listed(blocks, process.ports(), Seed{1}, on);
  const auto tuned = train(process, listed, AdamW{}, data, TrainOptions<Blank>{.batch = 1});
  const Images<float> drawn = sample(process, tuned.averaged, Ddim{}, SampleOptions<B>{.steps = 30});

  const Process labelled{LinearBeta{}, PredictNoise{}, MultiHot{.labels = 3}};
  const Named names;
  const LabelChannels<B> channels({.channels = 8}, labelled.ports(), Seed{1}, on);
  WithEmbedding told{labelled.ports(),
                     Adm<B>({.image = {8, 8, 1}, .channels = 32, .multipliers = {1, 2}},
                            channels.network_ports(labelled.ports()), Seed{1}, on),
                     channels};
  const auto learned = train(labelled, told, AdamW{}, names, TrainOptions<Named>{.batch = 1});
  const LabelSets wanted{{{1}}};
  const SampleOptions<B> few{.steps = 5};
  const GuidanceInterval limits{0, 5, RescaledGuidance{}};
  const Images<float> guided =
      sample(labelled, Guided{learned.averaged, labelled.conditioning, 2., limits}, Ddim{}, wanted, few);
  const Images<float> zeroed =
      sample(labelled, AutoGuided{learned.averaged, told, 2., CfgZeroStar{}}, Ddim{}, wanted, few);
  BroadcastUnet<B> broadcast({.image = {8, 8, 1}, .widths = {8, 16}, .embedding = 8}, labelled.ports(), Seed{1}, on);
  const auto told_everywhere = train(labelled, broadcast, AdamW{}, names, TrainOptions<Named>{.batch = 1});
  const Images<float> everywhere = sample(labelled, told_everywhere.averaged, Ddim{}, wanted, few);
  Dit<B> transformer({.image = {8, 8, 1}, .width = 32, .depth = 1, .heads = 2, .qk_norm = true, .rope = true},
                     labelled.ports(), Seed{1}, on);
  const auto turned = train(labelled, transformer, AdamW{}, names, TrainOptions<Named>{.batch = 1});
  const Images<float> patched = sample(labelled, turned.averaged, Ddim{}, wanted, few);

  DcganGenerator<B> generator({.image = {8, 8, 1}, .width = 8}, Seed{1}, on);
  DcganCritic<B> judge({.image = {8, 8, 1}, .width = 8, .norm = CriticNorm::spectral}, Seed{1}, on);
  const NoImages noise_alone{data.size()};
  const Adam rule;
  Trainer generating(generator, rule, noise_alone, GeneratorLoss{generator, judge}, {.batch = 1});
  Trainer judging(judge, rule, data, CriticLoss{generator, judge}, {.batch = 1});
  GanTrainer both(generating, judging);
  const Images<float> generated = generate(train(both).averaged, {.count = 1});
  const Vae<B> vae({.image = {8, 8, 1}, .widths = {8}}, Seed{1}, on);
  AutoencoderKl<B> coder({.image = {8, 8, 1}, .block_out_channels = {32}, .latent_channels = 1}, Seed{1}, on);
  const Latent latent{coder, process};
  const Images<float> decoded = sample(latent, trained.averaged, Ddim{}, SampleOptions<B>{.steps = 5});
  const AutoencoderTiny<B> small({.image = {8, 8, 1}}, Seed{1}, on);
  const AdamW coding;
  Trainer coders(coder, coding, data, AutoencoderLoss(coder), {.batch = 1});
  const auto coded = train(coders);

  Tape<B> tape;
  tape.backward(vae_loss(vae, tape.constant(upload(on, generated)), NoiseKey{}, 1e-3));
  const LabelTokens<B> tokens({.width = 8}, labelled.ports(), Seed{1}, on);
  const auto embedded = tokens(
      on_tape(tape, labelled.input(on, upload(on.in_full(), made), std::vector<Level>{{}}, filled(on, {1, 3}, 1))));
  tape.backward(sum(*embedded.tokens));
  const Var<B> x = tape.variable(upload(on, made));
  const Parameter<B> table(on, {4, 8}, Init::ones());
  const std::vector<std::int32_t> rows{1, 2};
  const Var<B> looked_up = embedding(x, table, rows);
  Var<B> y =
      upsample_nearest(average_pool2d(dropout(relu(gelu(silu(leaky_relu(tanh(sigmoid(x)))))), 0.1), 2), 2) * x - x;
  y = concat(y, upsample_bilinear(max_pool2d(y, 2), 2));
  tape.backward(mse(y, y));
  tape.backward(sum(looked_up));
  tape.backward(cross_entropy(looked_up, rows));
  tape.backward(l1(y, y));
  const nn::SpectralNorm critic(nn::Linear<B>(on, 8, 1));
  tape.backward(sum(critic(looked_up)));
  tape.backward(gaussian_kl(y));
  tape.backward(sum(gaussian_sample(y, NoiseKey{})));
  tape.backward(binary_cross_entropy(looked_up, looked_up.value()));
  return double(eager.pixels[0] + multistep.pixels[0] + corrected.pixels[0] + restored.pixels[0] + smooth.pixels[0] +
                guided.pixels[0] + zeroed.pixels[0] + everywhere.pixels[0] + drawn.pixels[0] + decoded.pixels[0] +
                latent.encode(made).pixels[0] + download<float>(small.decode(small.encode(upload(on, made))))[0] +
                patched.pixels[0]) +
         download<double>(tape.gradient(x))[0] + double(described.size());
}

}  // namespace

double hush_everything() { return everything<float>() + everything<tf32>() + everything<bf16>(); }
