using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Models.Kernels;

/// <summary>A sparse Gaussian process after the data.</summary>
public sealed class SparsePosterior
{
    private readonly SparseGaussianProcess _process;
    private readonly double[] _lower;
    private readonly double[] _lowerOfB;
    private readonly double[] _c;

    internal SparsePosterior(
        SparseGaussianProcess process,
        double[] lower,
        double[] lowerOfB,
        double[] c,
        double logLikelihood,
        double bound)
    {
        _process = process;
        _lower = lower;
        _lowerOfB = lowerOfB;
        _c = c;
        LogLikelihood = logLikelihood;
        Bound = bound;
    }

    /// <summary>ln N(y; 0, Q_nn + σ² I), Q_nn = K_nm K_mm⁻¹ K_mn: the approximation's own evidence, in nats.</summary>
    public double LogLikelihood { get; }

    /// <summary>Titsias' lower bound on the evidence of the full process, equation 9.</summary>
    public double Bound { get; }

    /// <summary>Mean and variance of the function at an input; a measurement has the noise variance on top.</summary>
    public (double Mean, double Variance) At(ReadOnlySpan<double> x)
    {
        double[] prior = Cholesky.SolveLower(_lower, _process.CrossOf(x));
        double[] posterior = Cholesky.SolveLower(_lowerOfB, prior);
        double mean = 0;
        double variance = _process.Kernel.Variance;
        for (int i = 0; i < prior.Length; i++)
        {
            mean += posterior[i] * _c[i];
            variance += (posterior[i] * posterior[i]) - (prior[i] * prior[i]);
        }

        // Rounding can take a vanishing variance just below zero.
        return (mean, Math.Max(0, variance));
    }
}
