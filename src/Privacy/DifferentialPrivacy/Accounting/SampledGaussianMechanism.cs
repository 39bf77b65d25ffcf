namespace DigitalTwin.Privacy.DifferentialPrivacy.Accounting;

/// <summary>
/// Gaussian noise on a sum over a batch of <see cref="PoissonSampling"/>, which alone makes one: DP-SGD's step.
/// </summary>
/// <remarks>
/// Mironov, Talwar and Zhang, "Rényi Differential Privacy of the Sampled Gaussian Mechanism", 2019: the divergence of
/// removal is the larger one (theorem 5), ln A_α/(α − 1) with A_α = E_(z~N(0, σ²)) (1 + q(e^w − 1))^α and
/// w = (2z − 1)/2σ². As E e^w = 1, A_α − 1 = E f(q(e^w − 1)) with f(x) = (1 + x)^α − 1 − αx ≥ 0: no term cancels
/// another, however small the divergence.
/// </remarks>
internal sealed class SampledGaussianMechanism : PrivacyMechanism
{
    // Half the exponent of the smallest double, in standard deviations.
    private const double Reach = 38.5;

    // The trapezoid rule on the whole line converges as exp(−2π·d/step), where d is the distance of the nearest
    // singularity: here ln(1 + q(e^w − 1)) at imaginary part πσ² of z; and as exp(−2π²σ²/step²) for the Gaussian.
    // A quarter of σ and πσ²/6 leave 1e-16 of either.
    private const double StepOfSigma = 0.25;
    private const double StepOfSquaredSigma = Math.PI / 6;

    // Below it f(x) is summed as a series; above it the difference keeps twelve digits.
    private const double SmallExcess = 0.01;

    // From here on (noise below a hundredth of the sensitivity) sampling hardly hides anything: the unsampled
    // divergence stands in, which is larger.
    private const double LeastNoiseMultiplier = 0.01;

    private readonly double _rate;
    private readonly double _sigma;

    internal SampledGaussianMechanism(double rate, double noiseMultiplier)
    {
        _rate = rate;
        _sigma = Positive(noiseMultiplier, nameof(noiseMultiplier));
    }

    internal override IReadOnlyList<DominatingPair> DominatingPairs
    {
        get
        {
            DominatingPair removal = new GaussianPair(1 / _sigma).Sampled(_rate);
            return [removal, removal.Reversed()];
        }
    }

    private protected override double RenyiDivergenceOf(double order) => _sigma < LeastNoiseMultiplier
        ? order / (2 * _sigma * _sigma)
        : LogOfOnePlusExp(double.IsInteger(order) ? LogExcessOfInteger((int)order) : LogExcess(order)) / (order - 1);

    // ln(A_α − 1) = ln Σ_(k≥2) C(α,k)·q^k·(1 − q)^(α − k)·(e^((k² − k)/2σ²) − 1), every term positive.
    internal double LogExcessOfInteger(int order)
    {
        LogSum sum = new();
        double logBinomial = Math.Log(order);
        for (int k = 2; k <= order; k++)
        {
            logBinomial += Math.Log((double)(order - k + 1) / k);
            double exponent = k * (k - 1.0) / (2 * _sigma * _sigma);
            double logGrowth = exponent > 1 ? exponent + NearOne.LogOnePlus(-Math.Exp(-exponent))
                : Math.Log(NearOne.ExpMinusOne(exponent));
            sum.Add(logBinomial + (k * Math.Log(_rate)) + ((order - k) * NearOne.LogOnePlus(-_rate)) + logGrowth);
        }

        return sum.Log;
    }

    // ln(A_α − 1) for any order, by quadrature.
    internal double LogExcess(double order)
    {
        double step = Math.Min(StepOfSigma * _sigma, StepOfSquaredSigma * _sigma * _sigma);
        double lowest = -Reach * _sigma;
        long steps = (long)Math.Ceiling((order + (2 * Reach * _sigma)) / step);
        LogSum sum = new();
        for (long i = 0; i <= steps; i++)
        {
            double z = lowest + (i * step);
            double w = ((2 * z) - 1) / (2 * _sigma * _sigma);
            sum.Add(LogOfConvexPart(order, w) - (z * z / (2 * _sigma * _sigma)));
        }

        return sum.Log + Math.Log(step / (_sigma * Math.Sqrt(2 * Math.PI)));
    }

    // ln f(q(e^w − 1))
    private double LogOfConvexPart(double order, double w)
    {
        double excess = _rate * NearOne.ExpMinusOne(w);
        if (Math.Abs(excess) <= SmallExcess && order * Math.Abs(excess) <= 1)
        {
            return Math.Log(SeriesOfConvexPart(order, excess));
        }

        if (double.IsPositiveInfinity(excess))
        {
            // f is x^α − αx for such an x = q·e^w.
            double logExcess = Math.Log(_rate) + w;
            return (order * logExcess) + NearOne.LogOnePlus(-order * Math.Exp((1 - order) * logExcess));
        }

        double log = order * NearOne.LogOnePlus(excess);
        return log < 1
            ? Math.Log(NearOne.ExpMinusOne(log) - (order * excess))
            : log + NearOne.LogOnePlus(-(1 + (order * excess)) * Math.Exp(-log));
    }

    // Σ_(k≥2) C(α,k)·x^k
    private static double SeriesOfConvexPart(double order, double excess)
    {
        double term = order * excess;
        double sum = 0;
        for (int k = 2; k < 100; k++)
        {
            term *= (order - k + 1) / k * excess;
            double next = sum + term;
            if (next == sum)
            {
                break;
            }

            sum = next;
        }

        return sum;
    }

    private static double LogOfOnePlusExp(double log) =>
        log > 0 ? log + NearOne.LogOnePlus(Math.Exp(-log)) : NearOne.LogOnePlus(Math.Exp(log));
}
