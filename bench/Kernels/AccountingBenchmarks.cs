using BenchmarkDotNet.Attributes;
using DigitalTwin.Privacy.DifferentialPrivacy.Accounting;

namespace DigitalTwin.Kernels;

/// <summary>ε of Poisson-sampled Gaussian steps: the time of one answer, bounds 0.001 apart.</summary>
public class AccountingBenchmarks
{
    private PrivacyComposition _steps = new();

    /// <summary>Sampling rate, noise multiplier, steps.</summary>
    [Params(
        "0.01 1.0 10000", "0.004 1.1 14062", "0.0001 1.0 100000", "0.05 1.5 50000", "0.5 50 100000", "0.02 0.6 100")]
    public string Case { get; set; } = "";

    [GlobalSetup]
    public void Prepare()
    {
        double[] numbers = [.. Case.Split(' ').Select(double.Parse)];
        _steps = PrivacyComposition.Of(new PoissonSampling(numbers[0]).Gaussian(numbers[1]), (int)numbers[2]);
    }

    [Benchmark]
    public double Renyi() => RenyiAccountant.Epsilon(_steps, delta: 1e-5).Epsilon;

    [Benchmark]
    public EpsilonBounds PrivacyLoss() => PrivacyLossAccountant.Epsilon(_steps, delta: 1e-5)!.Value;
}
