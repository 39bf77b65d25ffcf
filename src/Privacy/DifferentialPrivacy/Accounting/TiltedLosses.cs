using System.Numerics;

namespace DigitalTwin.Privacy.DifferentialPrivacy.Accounting;

/// <summary>
/// The distribution under P of a privacy loss on a grid, tilted towards the losses that decide: mass e^(θ·loss)·P.
/// </summary>
/// <remarks>
/// Convolution commutes with the tilt. θ is chosen such that the composed loss lies around the ε that is looked for, so
/// that the rounding errors of the Fourier transform are small against the masses that make up δ, and not only against
/// the bulk (Esscher 1932; for privacy losses Alghamdi et al., "The Saddle-Point Method in Differential Privacy", ICML
/// 2023).
/// </remarks>
internal sealed class TiltedLosses
{
    // ln of the tilted mass that may lie below a window.
    private const double LogTiltedBelow = -45;

    // ln λ of a Chernoff bound is looked for so far around the inverse deviation, and around the tilt.
    private const double WindowRange = 5;
    private const int WindowSteps = 20;

    private const int Block = 64;

    private TiltedLosses(
        double origin, double step, double tilt, long first, double[] mass, double logScale, double infinite)
    {
        Origin = origin;
        Step = step;
        Tilt = tilt;
        First = first;
        Mass = mass;
        LogScale = logScale;
        Infinite = infinite;
    }

    /// <summary>The loss of point 0, in nats.</summary>
    public double Origin { get; }

    /// <summary>Distance of two losses.</summary>
    public double Step { get; }

    /// <summary>θ.</summary>
    public double Tilt { get; }

    /// <summary>The point of the first mass: its loss is the origin and so many steps.</summary>
    public long First { get; }

    /// <summary>e^(θ·loss − LogScale)·P, of losses that ascend by a step; they add up to one.</summary>
    public double[] Mass { get; }

    /// <summary>ln Σ e^(θ·loss)·P over the finite losses.</summary>
    public double LogScale { get; }

    /// <summary>The probability under P of an infinite loss.</summary>
    public double Infinite { get; }

    // The places of the lowest and the highest loss that have mass.
    private (int First, int Last) Ends => (
        Math.Max(0, Array.FindIndex(Mass, one => one > 0)), Math.Max(0, Array.FindLastIndex(Mass, one => one > 0)));

    /// <summary>Takes <paramref name="mass"/>, which is e^(θ·loss − logScale)·P, and makes it add up to one.</summary>
    public static TiltedLosses Normalised(
        double origin, double step, double tilt, long first, double[] mass, double logScale, double infinite)
    {
        double sum = 0;
        foreach (double one in mass)
        {
            sum += one;
        }

        // A lower bound may have had to leave everything out.
        foreach (ref double one in mass.AsSpan())
        {
            one = sum > 0 ? one / sum : 0;
        }

        return new TiltedLosses(origin, step, tilt, first, mass, logScale + Math.Log(sum), infinite);
    }

    /// <summary>The loss of independent releases together.</summary>
    /// <param name="parts">Releases, on one grid and with one tilt, and how many there are of each.</param>
    /// <param name="logNegligible">ln of a probability under P that may be left out of the highest losses.</param>
    public static TiltedLosses Compose(
        IReadOnlyList<(TiltedLosses Losses, int Count)> parts, double logNegligible)
    {
        (TiltedLosses any, _) = parts[0];
        double origin = parts.Sum(part => part.Count * part.Losses.Origin);
        (double lowest, double highest) = Window(parts, logNegligible);
        long last = (long)Math.Ceiling((highest - origin) / any.Step) + 1;
        long needed = last - (long)Math.Floor((lowest - origin) / any.Step) + 2;
        int length = (int)BitOperations.RoundUpToPowerOf2((ulong)Math.Max(4, needed));

        long highestPoint = parts.Sum(part => part.Count * (part.Losses.First + part.Losses.Ends.Last));

        // What the power of two adds lies below: the first to be wrapped around is then what lies above, and it lands
        // where it does not count.
        long first = last - length + 1;
        RealFourierTransform transform = new(length);
        Complex[] product = new Complex[transform.Coefficients];
        Complex[] spectrum = new Complex[transform.Coefficients];
        double[] mass = new double[length];
        product.AsSpan().Fill(Complex.One);
        double logScale = 0;
        double logFinite = 0;
        foreach ((TiltedLosses losses, int count) in parts)
        {
            Array.Clear(mass);
            for (int k = 0; k < losses.Mass.Length; k++)
            {
                mass[PlaceOf(losses.First + k, length)] += losses.Mass[k];
            }

            transform.Forward(mass, spectrum);
            for (int k = 0; k < product.Length; k++)
            {
                product[k] *= Power(spectrum[k], count);
            }

            logScale += count * losses.LogScale;
            logFinite += count * NearOne.LogOnePlus(-losses.Infinite);
        }

        transform.Inverse(product, mass);
        double[] ordered = new double[length];
        for (int k = 0; k < length; k++)
        {
            // Rounding leaves tiny masses, also below zero and where no loss can be.
            ordered[k] = first + k <= highestPoint ? Math.Max(0, mass[PlaceOf(first + k, length)]) : 0;
        }

        return Normalised(
            origin, any.Step, any.Tilt, first, ordered, logScale, -NearOne.ExpMinusOne(logFinite));
    }

    /// <summary>The loss of a mass, in nats.</summary>
    public double LossOf(int place) => Origin + ((First + place) * Step);

    /// <summary>The smallest ε at <paramref name="delta"/>; −∞ where it lies below the grid.</summary>
    /// <remarks>
    /// With losses s_i, δ(s_j) = δ(s_(j+1)) + (e^h − 1)·B_j and B_j = Σ_(i&gt;j) P_i·e^(s_j − s_i): sums of positive
    /// terms, from the top. Between two losses δ is linear in e^ε. All are kept in units of e^(LogScale − θ·s_j).
    /// </remarks>
    public double Epsilon(double delta)
    {
        if (Infinite >= delta)
        {
            return double.PositiveInfinity;
        }

        double target = Math.Log(delta - Infinite);
        foreach ((double loss, double logUnit, double above, double slope) in Descending())
        {
            double logAbove = Math.Log(above) + logUnit;
            if (logAbove >= target)
            {
                double surplus = above - Math.Exp(target - logUnit);
                return loss + NearOne.LogOnePlus(surplus / slope);
            }
        }

        return double.NegativeInfinity;
    }

    /// <summary>δ at <paramref name="epsilon"/>; below the grid that of its lowest loss.</summary>
    public double Delta(double epsilon)
    {
        double delta = Infinite;
        foreach ((double loss, double logUnit, double above, double slope) in Descending())
        {
            double gap = Math.Max(0, epsilon - loss);
            delta = Infinite
                + Math.Exp(Math.Log(Math.Max(0, above - (slope * NearOne.ExpMinusOne(gap)))) + logUnit);
            if (loss <= epsilon)
            {
                break;
            }
        }

        return delta;
    }

    // The transform moves what lies outside of a window to its other end, so the window is found from the masses
    // themselves and not from what they stand for. Of the tilted mass below, which would come out on top, only what
    // doubles can't tell from none may be left out; what lies above lands where it is not counted, and may be as large
    // as is negligible under P itself. Chernoff, on either side: ln Pr[loss > b] ≤ ln E e^(λ·loss) − λb.
    private static (double Lowest, double Highest) Window(
        IReadOnlyList<(TiltedLosses Losses, int Count)> parts, double logNegligible)
    {
        double lowest = parts.Sum(part => part.Count * part.Losses.LossOf(part.Losses.Ends.First));
        double highest = parts.Sum(part => part.Count * part.Losses.LossOf(part.Losses.Ends.Last));
        double variance = parts.Sum(part => part.Count * part.Losses.Variance());
        if (!(variance > 0))
        {
            return (lowest, highest);
        }

        double tilt = parts[0].Losses.Tilt;
        double logScale = parts.Sum(part => part.Count * part.Losses.LogScale);
        double natural = -Math.Log(variance) / 2;
        double below = Least(lambda => (LogMoment(-lambda) - LogTiltedBelow) / lambda, natural);
        double above = Math.Min(LeastAbove(natural), LeastAbove(Math.Log(tilt)));
        return (Math.Max(lowest, -below), Math.Min(highest, above));

        double LeastAbove(double centre) => Least(
            lambda => (logScale + LogMoment(lambda - tilt) - logNegligible) / lambda, centre);

        static double Least(Func<double, double> bound, double centre) => GoldenSection.Minimum(
            log => bound(Math.Exp(log)), centre - WindowRange, centre + WindowRange, WindowSteps).Value;

        double LogMoment(double exponent) => parts.Sum(part => part.Count * part.Losses.LogMoment(exponent));
    }

    // ln Σ mass·e^(exponent·loss). Within a block the exponentials follow one another by multiplication.
    private double LogMoment(double exponent)
    {
        double ratio = Math.Exp(exponent * Step);
        LogSum sum = new();
        for (int start = 0; start < Mass.Length; start += Block)
        {
            double factor = 1;
            double inBlock = 0;
            foreach (double mass in Mass.AsSpan(start, Math.Min(Block, Mass.Length - start)))
            {
                inBlock += mass * factor;
                factor *= ratio;
            }

            sum.Add((exponent * LossOf(start)) + Math.Log(inBlock));
        }

        return sum.Log;
    }

    private double Variance()
    {
        double mean = 0;
        for (int k = 0; k < Mass.Length; k++)
        {
            mean += Mass[k] * k;
        }

        double variance = 0;
        for (int k = 0; k < Mass.Length; k++)
        {
            variance += Mass[k] * (k - mean) * (k - mean);
        }

        return variance * Step * Step;
    }

    private static int PlaceOf(long loss, int length) => (int)(loss & (length - 1));

    // By squaring: the relative error grows with the exponent, as it must.
    private static Complex Power(Complex value, int exponent)
    {
        Complex power = Complex.One;
        for (Complex square = value; exponent > 0; exponent >>= 1, square *= square)
        {
            if ((exponent & 1) == 1)
            {
                power *= square;
            }
        }

        return power;
    }

    private IEnumerable<(double Loss, double LogUnit, double Above, double Slope)> Descending()
    {
        double growth = NearOne.ExpMinusOne(Step);
        double unit = Math.Exp(-Tilt * Step);
        double slopeUnit = Math.Exp(-(1 + Tilt) * Step);
        double above = 0;
        double slope = 0;
        for (int k = Mass.Length - 2; k >= 0; k--)
        {
            slope = slopeUnit * (slope + Mass[k + 1]);
            above = (unit * above) + (growth * slope);
            double loss = LossOf(k);
            yield return (loss, LogScale - (Tilt * loss), above, slope);
        }
    }
}
