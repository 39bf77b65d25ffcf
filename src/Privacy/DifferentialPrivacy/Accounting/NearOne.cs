namespace DigitalTwin.Privacy.DifferentialPrivacy.Accounting;

/// <summary>exp(x) − 1 and ln(1 + x) that keep their digits near x = 0.</summary>
/// <remarks>
/// The runtime's <see cref="double.ExpM1"/> and <see cref="double.LogP1"/> subtract and add first and lose them.
/// Kahan's corrections: Higham, "Accuracy and Stability of Numerical Algorithms", 2nd edition, §1.14.1 and problem 1.5.
/// </remarks>
internal static class NearOne
{
    /// <summary>exp(x) − 1, to a few units in the last place.</summary>
    public static double ExpMinusOne(double x)
    {
        double power = Math.Exp(x);
        double rounded = power - 1;
        return rounded == 0 ? x
            : rounded == -1 || double.IsPositiveInfinity(power) ? rounded
            : rounded * x / Math.Log(power);
    }

    /// <summary>ln(1 + x) for x ≥ −1, to a few units in the last place.</summary>
    public static double LogOnePlus(double x)
    {
        double sum = 1 + x;
        double rounded = sum - 1;
        return rounded == 0 ? x
            : double.IsPositiveInfinity(sum) ? sum
            : Math.Log(sum) * (x / rounded);
    }
}
