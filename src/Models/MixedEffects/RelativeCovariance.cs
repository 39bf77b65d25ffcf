using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Models.MixedEffects;

/// <summary>
/// D = Λ Λᵀ, the covariance of the random effects over the residual variance, by the entries θ of the lower triangular
/// Λ column by column: lme4's parametrisation (Bates et al., J. Statistical Software 67(1), 2015, section 2.2).
/// </summary>
internal sealed class RelativeCovariance
{
    private readonly double[][] _first;
    private readonly double[][] _second;

    /// <param name="theta">As many entries as either shape has; one entry per column means a diagonal Λ.</param>
    /// <param name="size">q.</param>
    public RelativeCovariance(ReadOnlySpan<double> theta, int size)
    {
        Size = size;
        Factor = new double[size * size];
        int[] places = PlacesOf(size, isDiagonal: theta.Length == size);
        int count = places.Length;
        double[][] unit = new double[count][];
        for (int k = 0; k < count; k++)
        {
            Factor[places[k]] = theta[k];
            unit[k] = new double[size * size];
            unit[k][places[k]] = 1;
        }

        _first = new double[count][];
        _second = new double[count * count][];
        double[] transposed = SmallMatrix.Transpose(Factor, size);
        for (int k = 0; k < count; k++)
        {
            double[] half = SmallMatrix.Product(unit[k], transposed, size);
            _first[k] = SmallMatrix.Sum(half, SmallMatrix.Transpose(half, size));
            for (int l = 0; l < count; l++)
            {
                half = SmallMatrix.Product(unit[k], SmallMatrix.Transpose(unit[l], size), size);
                _second[(k * count) + l] = SmallMatrix.Sum(half, SmallMatrix.Transpose(half, size));
            }
        }
    }

    /// <summary>q.</summary>
    public int Size { get; }

    /// <summary>Λ, q × q.</summary>
    public double[] Factor { get; }

    /// <summary>The number of entries of θ: q (q + 1) / 2, or q where the effects are uncorrelated.</summary>
    public static int Count(int size, bool isDiagonal) => PlacesOf(size, isDiagonal).Length;

    /// <summary>θ of Λ = I, where lme4 starts as well.</summary>
    public static double[] Start(int size, bool isDiagonal) =>
        [.. PlacesOf(size, isDiagonal).Select(place => place % (size + 1) == 0 ? 1.0 : 0.0)];

    /// <summary>The θ of the same D whose Λ has no negative entry on its diagonal.</summary>
    public static double[] WithPositiveDiagonal(ReadOnlySpan<double> theta, int size)
    {
        int[] places = PlacesOf(size, isDiagonal: theta.Length == size);
        double[] positive = theta.ToArray();
        double sign = 1;
        for (int k = 0; k < positive.Length; k++)
        {
            // The diagonal entry comes first in its column, and negating a column leaves Λ Λᵀ as it is.
            sign = places[k] % (size + 1) == 0 ? (positive[k] < 0 ? -1 : 1) : sign;
            positive[k] *= sign;
        }

        return positive;
    }

    /// <summary>∂D / ∂θ_k.</summary>
    public double[] First(int k) => _first[k];

    /// <summary>∂²D / ∂θ_k ∂θ_l.</summary>
    public double[] Second(int k, int l) => _second[(k * _first.Length) + l];

    /// <summary>D, q × q.</summary>
    public double[] Value() => SmallMatrix.Product(Factor, SmallMatrix.Transpose(Factor, Size), Size);

    /// <summary>
    /// C = Λ (I + Λᵀ Z'Z Λ)⁻¹ Λᵀ, which is (D⁻¹ + Z'Z)⁻¹ where D has an inverse, and ln det(I + Λᵀ Z'Z Λ).
    /// </summary>
    public (double[] Conditional, double LogDeterminant) Given(double[] randomGram)
    {
        double[] transposed = SmallMatrix.Transpose(Factor, Size);
        double[] inner = SmallMatrix.Sum(
            SmallMatrix.Identity(Size),
            SmallMatrix.Product(SmallMatrix.Product(transposed, randomGram, Size), Factor, Size));
        double[] inverse = Cholesky.Inverse(inner, Size);
        return (
            SmallMatrix.Product(SmallMatrix.Product(Factor, inverse, Size), transposed, Size),
            Cholesky.LogDeterminant(inner, Size));
    }

    /// <summary>Where in Λ the entries of θ stand: the lower triangle column by column, or the diagonal.</summary>
    private static int[] PlacesOf(int size, bool isDiagonal) =>
    [
        .. from column in Enumerable.Range(0, size)
           from row in Enumerable.Range(column, isDiagonal ? 1 : size - column)
           select (row * size) + column,
    ];
}
