using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Models.MixedEffects;

/// <summary>Concentration curves in closed form, with their derivatives by the logarithms of the rates.</summary>
public static class Pharmacokinetics
{
    /// <summary>
    /// [ln ke, ln ka, ln Cl]: elimination and absorption in 1/h, clearance in the unit of the dose per h and per unit
    /// of concentration.
    /// </summary>
    public const int OralParameters = 3;

    /// <summary>[dose, hours since the dose].</summary>
    public const int OralColumns = 2;

    // Below this the difference quotient loses digits, and its series needs few terms.
    private const double SeriesLimit = 0.1;
    private const int SeriesTerms = 10;

    /// <summary>One compartment, first-order absorption, a single oral dose.</summary>
    /// <remarks>
    /// C(t) = dose · ke ka / (Cl (ka − ke)) · (e^(−ke t) − e^(−ka t)): Pinheiro and Bates, Mixed-Effects Models in S
    /// and S-PLUS, 2000, section C.5 (R's SSfol). Written as dose · ke ka / Cl · e^(−ke t) · t · Φ(u) with
    /// u = (ka − ke) t and Φ(u) = (1 − e^−u)/u it has no gap at ka = ke.
    /// </remarks>
    public static double OralOneCompartment(
        ReadOnlySpan<double> parameters, ReadOnlySpan<double> row, Span<double> gradient)
    {
        double elimination = DeterministicMath.Exp(parameters[0]);
        double absorption = DeterministicMath.Exp(parameters[1]);
        double hours = row[1];
        double scale = row[0] * DeterministicMath.Exp(parameters[0] + parameters[1] - parameters[2])
            * DeterministicMath.Exp(-elimination * hours) * hours;
        (double quotient, double slope) = Quotient((absorption - elimination) * hours);
        double concentration = scale * quotient;
        gradient[0] = (concentration * (1 - (elimination * hours))) - (scale * slope * elimination * hours);
        gradient[1] = concentration + (scale * slope * absorption * hours);
        gradient[2] = -concentration;
        return concentration;
    }

    /// <summary>Φ(u) = (1 − e^−u)/u = Σ (−u)^k / (k + 1)! and its derivative (e^−u − Φ)/u.</summary>
    private static (double Value, double Slope) Quotient(double u)
    {
        if (Math.Abs(u) >= SeriesLimit)
        {
            double e = DeterministicMath.Exp(-u);
            double value = (1 - e) / u;
            return (value, (e - value) / u);
        }

        // Horner's scheme, 1 − u/2 (1 − u/3 (1 − …)), with the scheme of its derivative.
        double sum = 1;
        double slope = 0;
        for (int k = SeriesTerms; k >= 1; k--)
        {
            slope = -(sum + (u * slope)) / (k + 1);
            sum = 1 - (u / (k + 1) * sum);
        }

        return (sum, slope);
    }
}
