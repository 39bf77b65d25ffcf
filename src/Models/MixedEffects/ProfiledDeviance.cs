using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Models.MixedEffects;

/// <summary>−2 ln of the (restricted) likelihood with β and σ² at their best for θ, and its derivatives.</summary>
/// <remarks>
/// Bates et al. 2015, equations 34 and 41: with A = Σ W'V⁻¹W, r = min_β (y − Xβ)'V⁻¹(y − Xβ) and N = n (ML) or n − p
/// (REML), d = Σ ln|V| + N (1 + ln(2π r / N)), and REML adds ln|A_xx|. By the envelope theorem ∂r = v'A_k v with
/// v = (−β, 1), and ∂²r = v'A_kl v − 2 (A_k v)_x' A_xx⁻¹ (A_l v)_x.
/// </remarks>
internal sealed class ProfiledDeviance
{
    private readonly LinearMixedModel _model;
    private readonly double[] _sum;
    private readonly bool _restricted;
    private readonly int _p;
    private readonly double[] _inverse;
    private readonly double[] _contrast;

    public ProfiledDeviance(LinearMixedModel model, ReadOnlySpan<double> sum, bool restricted)
    {
        _model = model;
        _sum = sum.ToArray();
        _restricted = restricted;
        _p = model.FixedColumns;
        double[] full = MatrixOf(0);
        double[] xx = TopLeft(full);
        double[] xy = [.. Enumerable.Range(0, _p).Select(i => full[(i * (_p + 1)) + _p])];
        Coefficients = Cholesky.Solve(xx, xy);
        _inverse = Cholesky.Inverse(xx, _p);
        _contrast = [.. Coefficients.Select(b => -b), 1];
        double denominator = _sum[LinearMixedModel.RowsAt] - (restricted ? _p : 0);
        Residual = Quadratic(full);
        ResidualVariance = Residual / denominator;
        Value = ScalarOf(0) + (denominator * (1 + DeterministicMath.Log(2 * Math.PI * ResidualVariance)))
            + (restricted ? Cholesky.LogDeterminant(xx, _p) : 0);
        Differentiate(denominator);
    }

    /// <summary>β at its best.</summary>
    public double[] Coefficients { get; }

    /// <summary>σ² at its best.</summary>
    public double ResidualVariance { get; }

    /// <summary>d.</summary>
    public double Value { get; }

    /// <summary>∂d / ∂θ.</summary>
    public double[] Gradient { get; private set; } = [];

    /// <summary>
    /// Upper triangle of ∂²d / ∂θ², or of its expectation where it is not positive definite: near the optimum Newton's
    /// step, far from it that of Fisher scoring, which leads downhill.
    /// </summary>
    public double[] PackedHessian { get; private set; } = [];

    /// <summary>(X'V⁻¹X)⁻¹, p × p; times σ² the covariance of β.</summary>
    public double[] InverseFixedGram => _inverse;

    private double Residual { get; }

    private void Differentiate(double denominator)
    {
        int count = _model.VarianceParameters;
        double[] matrixTraces = new double[count];
        double[][] slopes = new double[count][];
        double[] residuals = new double[count];
        Gradient = new double[count];
        for (int k = 0; k < count; k++)
        {
            double[] derivative = MatrixOf(1 + k);
            slopes[k] = SmallMatrix.Product(derivative, _contrast, _p + 1)[.._p];
            residuals[k] = Quadratic(derivative);
            matrixTraces[k] = _restricted ? SmallMatrix.TraceOfProduct(_inverse, TopLeft(derivative), _p) : 0;
            Gradient[k] = ScalarOf(1 + k) + matrixTraces[k] + (denominator * residuals[k] / Residual);
        }

        double[] observed = new double[PackedSymmetric.Length(count)];
        double[] expected = new double[observed.Length];
        int pair = 0;
        for (int k = 0; k < count; k++)
        {
            for (int l = k; l < count; l++, pair++)
            {
                double[] second = MatrixOf(1 + count + pair);
                double curvature = Quadratic(second) - (2 * Inner(slopes[k], slopes[l]));
                double relative = (curvature / Residual) - (residuals[k] / Residual * (residuals[l] / Residual));
                observed[pair] = ScalarOf(1 + count + pair) + (denominator * relative);
                if (_restricted)
                {
                    double[] left = SmallMatrix.Product(_inverse, TopLeft(MatrixOf(1 + k)), _p);
                    double[] right = SmallMatrix.Product(_inverse, TopLeft(MatrixOf(1 + l)), _p);
                    observed[pair] += SmallMatrix.TraceOfProduct(_inverse, TopLeft(second), _p)
                        - SmallMatrix.TraceOfProduct(left, right, _p);
                }

                expected[pair] = _sum[_model.InformationAt + pair]
                    - (ScalarOf(1 + k) * ScalarOf(1 + l) / _sum[LinearMixedModel.RowsAt]);
            }
        }

        PackedHessian = IsPositiveDefinite(observed, count) ? observed : expected;
    }

    private static bool IsPositiveDefinite(double[] packed, int n)
    {
        try
        {
            Cholesky.Factor(PackedSymmetric.Unpack(packed, n), n);
            return true;
        }
        catch (NotPositiveDefiniteException)
        {
            return false;
        }
    }

    private double ScalarOf(int block) => _sum[_model.Block(block)][0];

    private double[] MatrixOf(int block) =>
        PackedSymmetric.Unpack(_sum.AsSpan(_model.Block(block))[1..], _p + 1);

    private double[] TopLeft(double[] full)
    {
        double[] part = new double[_p * _p];
        for (int i = 0; i < _p; i++)
        {
            full.AsSpan(i * (_p + 1), _p).CopyTo(part.AsSpan(i * _p));
        }

        return part;
    }

    private double Quadratic(double[] matrix)
    {
        double[] product = SmallMatrix.Product(matrix, _contrast, _p + 1);
        double sum = 0;
        for (int i = 0; i <= _p; i++)
        {
            sum += product[i] * _contrast[i];
        }

        return sum;
    }

    private double Inner(double[] left, double[] right)
    {
        double[] product = SmallMatrix.Product(_inverse, right, _p);
        double sum = 0;
        for (int i = 0; i < _p; i++)
        {
            sum += left[i] * product[i];
        }

        return sum;
    }
}
