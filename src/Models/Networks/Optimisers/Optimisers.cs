using DigitalTwin.Models.Networks.Kernels;

namespace DigitalTwin.Models.Networks.Optimisers;

/// <summary>Gradient descent with heavy-ball momentum: m = μ m + g, x = x − η m.</summary>
/// <remarks>Polyak 1964, in PyTorch's form, where the learning rate stands outside the memory.</remarks>
public sealed class SgdOptimiser(int parameters, double momentum = 0) : Optimiser(parameters)
{
    private readonly double _momentum = RequireShare(nameof(momentum), momentum);

    private protected override void Run(Span<float> parameters, ReadOnlySpan<float> gradient, double learningRate) =>
        Run<MomentumRule>(parameters, gradient, new()
        {
            Rate = (float)learningRate,
            Memory1 = (float)_momentum,
        });
}

/// <summary>
/// m = β1 m + (1 − β1) g, v = β2 v + (1 − β2) g², both divided by 1 − β^t; x = x − η m / (sqrt v + ε).
/// </summary>
/// <remarks>Kingma and Ba, ICLR 2015, algorithm 1. With a weight decay λ the gradient is g + λ x.</remarks>
public sealed class AdamOptimiser(
    int parameters, double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-8, double weightDecay = 0)
    : AdamFamily(parameters, beta1, beta2, epsilon, weightDecay)
{
    private protected override UpdateFactors Decayed(UpdateFactors factors, double learningRate, double decay) =>
        factors with { Ridge = (float)decay, Shrink = 1f };
}

/// <summary>Adam whose weight decay shrinks the parameters themselves: x = (1 − η λ) x before the step.</summary>
/// <remarks>Loshchilov and Hutter, "Decoupled weight decay regularization", ICLR 2019, algorithm 2.</remarks>
public sealed class AdamWOptimiser(
    int parameters, double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-8, double weightDecay = 0.01)
    : AdamFamily(parameters, beta1, beta2, epsilon, weightDecay)
{
    private protected override UpdateFactors Decayed(UpdateFactors factors, double learningRate, double decay) =>
        factors with { Ridge = 0f, Shrink = (float)(1 - (learningRate * decay)) };
}

/// <summary>What Adam and AdamW have in common.</summary>
public abstract class AdamFamily : Optimiser
{
    private readonly double _beta1;
    private readonly double _beta2;
    private readonly double _epsilon;
    private readonly double _weightDecay;

    // β^t, by one product per step: the library's power function differs between machines.
    private double _power1 = 1;
    private double _power2 = 1;

    private protected AdamFamily(int parameters, double beta1, double beta2, double epsilon, double weightDecay)
        : base(parameters)
    {
        _beta1 = RequireShare(nameof(beta1), beta1);
        _beta2 = RequireShare(nameof(beta2), beta2);
        _epsilon = RequirePositive(nameof(epsilon), epsilon);
        _weightDecay = RequireNotNegative(nameof(weightDecay), weightDecay);
    }

    private protected sealed override void Run(
        Span<float> parameters, ReadOnlySpan<float> gradient, double learningRate)
    {
        _power1 *= _beta1;
        _power2 *= _beta2;
        UpdateFactors factors = new()
        {
            Rate = (float)(learningRate / (1 - _power1)),
            Memory1 = (float)_beta1,
            Fresh1 = (float)(1 - _beta1),
            Memory2 = (float)_beta2,
            Fresh2 = (float)(1 - _beta2),
            RootScale = (float)(1 / Math.Sqrt(1 - _power2)),
            Epsilon = (float)_epsilon,
        };
        Run<AdamRule>(parameters, gradient, Decayed(factors, learningRate, _weightDecay));
    }

    private protected abstract UpdateFactors Decayed(UpdateFactors factors, double learningRate, double decay);
}

/// <summary>m as Adam; v = v − (1 − β2) sign(v − g²) g²; x = x − η m / (sqrt v + ε).</summary>
/// <remarks>
/// Zaheer, Reddi, Sachan, Kale and Kumar, "Adaptive methods for nonconvex optimization", NeurIPS 2018, algorithm 2,
/// with the paper's ε and without bias correction.
/// </remarks>
public sealed class YogiOptimiser(int parameters, double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-3)
    : Optimiser(parameters)
{
    private readonly double _beta1 = RequireShare(nameof(beta1), beta1);
    private readonly double _beta2 = RequireShare(nameof(beta2), beta2);
    private readonly double _epsilon = RequirePositive(nameof(epsilon), epsilon);

    private protected override void Run(Span<float> parameters, ReadOnlySpan<float> gradient, double learningRate) =>
        Run<YogiRule>(parameters, gradient, new()
        {
            Rate = (float)learningRate,
            Memory1 = (float)_beta1,
            Fresh1 = (float)(1 - _beta1),
            Fresh2 = (float)(1 - _beta2),
            Epsilon = (float)_epsilon,
        });
}

/// <summary>v = v + g², x = x − η g / (sqrt v + ε).</summary>
/// <remarks>Duchi, Hazan and Singer, JMLR 12, 2011, in its diagonal form.</remarks>
public sealed class AdagradOptimiser(int parameters, double epsilon = 1e-10) : Optimiser(parameters)
{
    private readonly double _epsilon = RequirePositive(nameof(epsilon), epsilon);

    private protected override void Run(Span<float> parameters, ReadOnlySpan<float> gradient, double learningRate) =>
        Run<AdagradRule>(parameters, gradient, new() { Rate = (float)learningRate, Epsilon = (float)_epsilon });
}
