using DigitalTwin.Models.Networks.Kernels;
using DigitalTwin.Models.Networks.Lanes;

namespace DigitalTwin.Models.Networks.PerSample;

/// <summary>
/// A gradient of the form dW = Σ b aᵀ, db = Σ b: per row of the batch, T pairs of an input a of I floats and a delta b
/// of O floats. W is O × I.
/// </summary>
/// <remarks>
/// <para>
/// The norm of one unit's gradient is found in one of two ways, whichever costs less. Materialised: the unit's own
/// O × I matrix in scratch, one unit at a time. Ghost: ‖Σ b aᵀ‖² = Σ_{t,s} (a_t·a_s)(b_t·b_s), without the matrix
/// (Goodfellow 2015, arXiv 1510.01799, for T = 1; Li, Tramèr, Liang and Hashimoto 2022, arXiv 2110.05679, for
/// sequences), where 2 T² is less than I O (Bu, Mao and Xu 2022, arXiv 2205.10683, equation 4.1).
/// </para>
/// </remarks>
internal readonly ref struct OuterProduct
{
    /// <summary>T.</summary>
    public required int Steps { get; init; }

    /// <summary>I.</summary>
    public required int InputSize { get; init; }

    /// <summary>O.</summary>
    public required int DeltaSize { get; init; }

    /// <summary>B × T × I, or B × I × T when <see cref="StepsAreColumns"/>.</summary>
    public required ReadOnlySpan<float> Inputs { get; init; }

    /// <summary>B × T × O, or B × O × T when <see cref="StepsAreColumns"/>.</summary>
    public required Span<float> Deltas { get; init; }

    /// <summary>Where dW begins in the layer's slice.</summary>
    public required int WeightOffset { get; init; }

    /// <summary>Where db begins, or negative without a bias.</summary>
    public required int BiasOffset { get; init; }

    /// <summary>Convolutions keep the place in the image fastest.</summary>
    public bool StepsAreColumns { get; init; }

    private int Rows => Deltas.Length / (Steps * DeltaSize);

    /// <summary>Floats of scratch that <see cref="AddGradient"/> and <see cref="AddSquaredNorms"/> need.</summary>
    public static int ScratchSize(int rows, int steps, int inputSize, int deltaSize)
    {
        // Ghost: two Gram matrices of a unit; a unit of many rows falls back to the materialised form.
        int gram = 2 * steps * steps < inputSize * deltaSize ? 2 * steps * steps : 0;
        int packing = int.Max(
            Gemm.PackedSize(checked(rows * steps), inputSize == 1 ? deltaSize : inputSize),
            Gemm.PackedSize(int.Max(inputSize, deltaSize), steps));
        return checked(packing + int.Max(gram, inputSize * deltaSize) + deltaSize);
    }

    /// <summary>Adds Σ b aᵀ and Σ b over all rows, rows and steps in order.</summary>
    public void AddGradient(VectorWidth width, Span<float> gradient, Span<float> scratch)
    {
        AddWeights(width, 0, Rows, gradient.Slice(WeightOffset, InputSize * DeltaSize), scratch);
        if (BiasOffset >= 0)
        {
            AddBias(width, 0, Rows, gradient.Slice(BiasOffset, DeltaSize));
        }
    }

    /// <summary>Adds each unit's ‖dW‖² + ‖db‖².</summary>
    public void AddSquaredNorms(
        VectorWidth width, PrivacyUnits units, Span<double> squaredNorms, Span<float> scratch)
    {
        for (int first = 0; first < units.Rows;)
        {
            int end = units.EndOf(first);
            squaredNorms[units.UnitOf(first)] += SquaredNormOf(width, first, end - first, scratch);
            first = end;
        }
    }

    private double SquaredNormOf(VectorWidth width, int first, int count, Span<float> scratch)
    {
        if (Steps == 1 && count == 1)
        {
            // ‖b aᵀ‖² + ‖b‖² = ‖b‖² (‖a‖² + 1).
            double inputs = TreeSums.SquaredNorm(width, Inputs.Slice(first * InputSize, InputSize));
            double deltas = TreeSums.SquaredNorm(width, Deltas.Slice(first * DeltaSize, DeltaSize));
            return deltas * (BiasOffset >= 0 ? inputs + 1 : inputs);
        }

        double square = count == 1 && 2 * Steps * Steps < InputSize * DeltaSize
            ? GhostSquare(width, first, scratch)
            : MaterialisedSquare(width, first, count, scratch);
        if (BiasOffset >= 0)
        {
            Span<float> bias = scratch[..DeltaSize];
            bias.Clear();
            AddBias(width, first, count, bias);
            square += TreeSums.SquaredNorm(width, bias);
        }

        return square;
    }

    private double MaterialisedSquare(VectorWidth width, int first, int count, Span<float> scratch)
    {
        Span<float> weights = scratch[..(InputSize * DeltaSize)];
        weights.Clear();
        AddWeights(width, first, count, weights, scratch[weights.Length..]);
        return TreeSums.SquaredNorm(width, weights);
    }

    private double GhostSquare(VectorWidth width, int row, Span<float> scratch)
    {
        Span<float> inputGram = scratch[..(Steps * Steps)];
        Span<float> deltaGram = scratch.Slice(Steps * Steps, Steps * Steps);
        Span<float> packing = scratch[(2 * Steps * Steps)..];
        MatrixView a = InputsOf(row, 1);
        MatrixView b = DeltasOf(row, 1);
        MatrixView gram = MatrixView.Of(inputGram, Steps, Steps);
        Gemm.Multiply(width, a, a.Transposed, gram, SumsBegin.AtZero, packing);
        gram = MatrixView.Of(deltaGram, Steps, Steps);
        Gemm.Multiply(width, b, b.Transposed, gram, SumsBegin.AtZero, packing);

        // Rounding can leave a sum of squares that is nearly 0 below it.
        return Math.Max(0, TreeSums.Dot(width, inputGram, deltaGram));
    }

    private void AddWeights(VectorWidth width, int first, int count, Span<float> weights, Span<float> packing)
    {
        MatrixView target = MatrixView.Of(weights, DeltaSize, InputSize);
        int atOnce = StepsAreColumns ? 1 : count;
        for (int row = first; row < first + count; row += atOnce)
        {
            Gemm.Multiply(
                width,
                DeltasOf(row, atOnce).Transposed,
                InputsOf(row, atOnce),
                target,
                SumsBegin.AtTarget,
                packing);
        }
    }

    private void AddBias(VectorWidth width, int first, int count, Span<float> bias)
    {
        for (int row = first; row < first + count; row++)
        {
            ReadOnlySpan<float> deltas = Deltas.Slice(row * Steps * DeltaSize, Steps * DeltaSize);
            if (StepsAreColumns)
            {
                for (int o = 0; o < DeltaSize; o++)
                {
                    bias[o] += TreeSums.Sum(deltas.Slice(o * Steps, Steps));
                }
            }
            else
            {
                for (int t = 0; t < Steps; t++)
                {
                    Elementwise.Add(width, deltas.Slice(t * DeltaSize, DeltaSize), bias);
                }
            }
        }
    }

    private MatrixView InputsOf(int row, int count) => View(Inputs, row, count, InputSize);

    private MatrixView DeltasOf(int row, int count) => View(Deltas, row, count, DeltaSize);

    // One row per pair.
    private MatrixView View(ReadOnlySpan<float> floats, int row, int count, int size)
    {
        ReadOnlySpan<float> part = floats.Slice(row * Steps * size, count * Steps * size);
        return StepsAreColumns
            ? MatrixView.Of(part, size, Steps).Transposed
            : MatrixView.Of(part, count * Steps, size);
    }
}
