namespace DigitalTwin.Privacy.DifferentialPrivacy;

/// <summary>
/// Bounds what one patient can add to a sum: an integer vector of L2 norm at most C, checked in integers.
/// </summary>
/// <remarks>
/// Per-example clipping of Abadi et al., "Deep Learning with Differential Privacy", CCS 2016, on the grid the noise
/// lives on. Floating point decides which integers are taken, but the bound itself is Σ x² ≤ C² in 128-bit integers,
/// so the sensitivity that the accounting assumes holds exactly (Mironov, "On Significance of the Least Significant
/// Bits for Differential Privacy", CCS 2012, shows what happens otherwise). Adding or removing a patient moves the
/// sum by at most C.
/// </remarks>
public sealed class PatientClipping
{
    /// <summary>
    /// Grid values are exact doubles up to it, and the squares of 2^20 such values still fit 128 bits.
    /// </summary>
    private const long LargestClip = 1L << 52;

    /// <summary>
    /// First step by which a vector that rounding left too long is shortened; each further one is twice as large.
    /// </summary>
    private static readonly double FirstShrink = Math.ScaleB(1, -50);

    private readonly UInt128 _squaredClip;

    /// <param name="clipGrid">C in grid units, from 1 to 2^52.</param>
    /// <param name="unitsPerGrid">What one grid unit is in the units of the contribution.</param>
    public PatientClipping(long clipGrid, double unitsPerGrid)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(clipGrid);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(clipGrid, LargestClip);
        if (!double.IsNormal(unitsPerGrid) || unitsPerGrid < 0)
        {
            throw new ArgumentOutOfRangeException(nameof(unitsPerGrid), unitsPerGrid, "A positive normal number.");
        }

        ClipGrid = clipGrid;
        UnitsPerGrid = unitsPerGrid;
        _squaredClip = (UInt128)clipGrid * (UInt128)clipGrid;
    }

    /// <summary>C in grid units: the sensitivity of the sum.</summary>
    public long ClipGrid { get; }

    /// <summary>What one grid unit is in the units of the contribution.</summary>
    public double UnitsPerGrid { get; }

    /// <summary>Adds one patient's contribution to <paramref name="sum"/>.</summary>
    /// <param name="patientGradient">The contribution, in real units.</param>
    /// <param name="sum">Grid units, same length.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public ClipOutcome AddClipped(ReadOnlySpan<double> patientGradient, Span<long> sum)
    {
        if (patientGradient.Length != sum.Length)
        {
            throw new ArgumentException($"Expected {patientGradient.Length} sums, got {sum.Length}.", nameof(sum));
        }

        double largest = 0;
        foreach (double value in patientGradient)
        {
            if (!double.IsFinite(value))
            {
                return ClipOutcome.NotFinite;
            }

            largest = Math.Max(largest, Math.Abs(value));
        }

        if (largest == 0)
        {
            return ClipOutcome.Kept;
        }

        // The vector is (value / largest) · scale: quotients of at most 1 neither overflow nor vanish when squared.
        double relativeNorm = RelativeNorm(patientGradient, largest);
        double scale = largest / UnitsPerGrid;
        double bound = ClipGrid / relativeNorm;
        bool within = scale <= bound;
        scale = within ? scale : bound;

        // Rounding may leave the result too long by some units in the last place; each turn takes off twice as much.
        for (double shrink = FirstShrink; SquaredNorm(patientGradient, largest, scale) > _squaredClip; shrink *= 2)
        {
            within = false;
            scale *= 1 - shrink;
        }

        for (int i = 0; i < sum.Length; i++)
        {
            sum[i] += OnGrid(patientGradient[i], largest, scale);
        }

        return within ? ClipOutcome.Kept : ClipOutcome.Clipped;
    }

    private static double RelativeNorm(ReadOnlySpan<double> values, double largest)
    {
        double squares = 0;
        foreach (double value in values)
        {
            double relative = value / largest;
            squares += relative * relative;
        }

        return Math.Sqrt(squares);
    }

    private static UInt128 SquaredNorm(ReadOnlySpan<double> values, double largest, double scale)
    {
        UInt128 squares = 0;
        foreach (double value in values)
        {
            ulong grid = (ulong)Math.Abs(OnGrid(value, largest, scale));
            squares += (UInt128)grid * grid;
        }

        return squares;
    }

    // Towards zero, so that rounding shortens a vector. A function of its arguments alone: both passes see one integer.
    private static long OnGrid(double value, double largest, double scale) => (long)(value / largest * scale);
}
