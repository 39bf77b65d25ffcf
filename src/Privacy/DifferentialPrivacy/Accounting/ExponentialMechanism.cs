namespace DigitalTwin.Privacy.DifferentialPrivacy.Accounting;

/// <summary>
/// A choice by the exponential mechanism, such as of one setting among several by a score of the rows.
/// </summary>
/// <remarks>
/// McSherry and Talwar, "Mechanism Design via Differential Privacy", FOCS 2007: an outcome of score u is drawn with
/// weight e^(ε·u/2Δ). It is ε-bounded-range (Dong, Durfee and Rogers, "Optimal Differential Privacy Composition for
/// Exponential Mechanisms", ICML 2020): losses lie within an interval of length ε, where ε-DP alone allows 2ε.
/// </remarks>
/// <param name="epsilon">ε.</param>
public sealed class ExponentialMechanism(double epsilon) : PrivacyMechanism
{
    private const int SearchSteps = 60;

    /// <summary>ε.</summary>
    public double Epsilon { get; } = Positive(epsilon, nameof(epsilon));

    // A divergence is convex in the distribution of e^loss, so the worst of given ends has only these two losses,
    // t − ε and t: under Q the upper one with probability q = (1 − e^(t−ε))/(e^t − e^(t−ε)), as E e^loss = 1. What is
    // left is the worst t, from 0 to ε.
    private protected override double RenyiDivergenceOf(double order)
    {
        double epsilon = Epsilon;
        return -GoldenSection.Minimum(top => -LogMoment(order, top, epsilon), 0, epsilon, SearchSteps).Value
            / (order - 1);
    }

    // ln E_Q e^(α·loss)
    private static double LogMoment(double order, double top, double epsilon)
    {
        double upper = NearOne.ExpMinusOne(top - epsilon) / (Math.Exp(top) * NearOne.ExpMinusOne(-epsilon));
        double lower = 1 - upper;
        LogSum sum = new();
        sum.Add(Math.Log(Math.Max(upper, 0)) + (order * top));
        sum.Add(Math.Log(Math.Max(lower, 0)) + (order * (top - epsilon)));
        return sum.Log;
    }
}
