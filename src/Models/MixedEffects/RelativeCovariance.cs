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

    public RelativeCovariance(ReadOnlySpan<double> theta, int size)
    {
        Size = size;
        Factor = new double[size * size];
        int count = Count(size);
        double[][] unit = new double[count][];
        int next = 0;
        for (int column = 0; column < size; column++)
        {
            for (int row = column; row < size; row++, next++)
            {
                Factor[(row * size) + column] = theta[next];
                unit[next] = new double[size * size];
                unit[next][(row * size) + column] = 1;
            }
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

    /// <summary>q (q + 1) / 2, the number of entries of θ.</summary>
    public static int Count(int size) => size * (size + 1) / 2;

    /// <summary>θ of Λ = I, where lme4 starts as well.</summary>
    public static double[] Start(int size)
    {
        double[] start = new double[Count(size)];
        int next = 0;
        for (int column = 0; column < size; column++)
        {
            start[next] = 1;
            next += size - column;
        }

        return start;
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
}
