using DigitalTwin.Models.Networks.Kernels;
using DigitalTwin.Models.Networks.Lanes;
using DigitalTwin.Models.Networks.Threads;

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
/// sequences), which multiplies T² (I + O) times instead of T I O (Bu, Mao and Xu 2022, arXiv 2205.10683). It is
/// taken where that is less than half as often: its two products are small, and of no use where steps cancel.
/// </para>
/// </remarks>
internal readonly ref struct OuterProduct
{
    // Share of (Σ ‖a‖ ‖b‖)², its largest possible value, below which a ghost is not trusted: its rounding is some 1e-7
    // of that value, so the norm is within about 1e-4 of itself.
    private const double SmallestGhost = 1e-3;

    /// <summary>T.</summary>
    public required int Steps { get; init; }

    /// <summary>I.</summary>
    public required int InputSize { get; init; }

    /// <summary>O.</summary>
    public required int DeltaSize { get; init; }

    /// <summary>B × T × I.</summary>
    public required ReadOnlySpan<float> Inputs { get; init; }

    /// <summary>B × T × O.</summary>
    public required Span<float> Deltas { get; init; }

    /// <summary>Where dW begins in the layer's slice.</summary>
    public required int WeightOffset { get; init; }

    /// <summary>Where db begins, or negative without a bias.</summary>
    public required int BiasOffset { get; init; }

    private int Rows => Deltas.Length / (Steps * DeltaSize);

    /// <summary>Floats of scratch that <see cref="AddGradient"/> and <see cref="AddSquaredNorms"/> need.</summary>
    public static int ScratchSize(int rows, int steps, int inputSize, int deltaSize)
    {
        // Ghost: two Gram matrices of a row; many rows, or steps that cancel, take the materialised form.
        int gram = IsGhostCheaper(steps, inputSize, deltaSize) ? 2 * steps * steps : 0;
        int packing = int.Max(
            Gemm.PackingSize(checked(rows * steps), inputSize == 1 ? deltaSize : inputSize),
            Gemm.PackingSize(int.Max(inputSize, deltaSize), steps));
        return checked(packing + int.Max(gram, inputSize * deltaSize) + deltaSize);
    }

    /// <summary>Adds a share of the entries of Σ b aᵀ and Σ b over all rows, rows and steps in order.</summary>
    public void AddGradient(VectorWidth width, WorkShare share, Span<float> gradient, Span<float> scratch)
    {
        // Columns where they fill panels of their own, so that no two threads pack the same inputs.
        bool byColumn = InputSize >= share.Count * GemmTile.WidestColumns;
        (int length, int grain) = byColumn ? (InputSize, GemmTile.WidestColumns) : (DeltaSize, GemmTile.Rows);
        int first = share.Begin(length, grain);
        int count = share.End(length, grain) - first;
        MatrixView deltas = DeltasOf(0, Rows).Transposed;
        MatrixView inputs = InputsOf(0, Rows);
        MatrixView weights = MatrixView.Of(
            gradient.Slice(WeightOffset, InputSize * DeltaSize), DeltaSize, InputSize);
        Gemm.Multiply(
            width,
            byColumn ? deltas : deltas.Part(first, count, 0, deltas.Columns),
            byColumn ? inputs.Part(0, inputs.Rows, first, count) : inputs,
            byColumn ? weights.Part(0, DeltaSize, first, count) : weights.Part(first, count, 0, InputSize),
            SumsBegin.AtTarget,
            scratch);

        int firstBias = share.Begin(DeltaSize, GemmTile.WidestColumns);
        int biases = share.End(DeltaSize, GemmTile.WidestColumns) - firstBias;
        if (BiasOffset >= 0 && biases > 0)
        {
            AddBias(width, 0, Rows, firstBias, gradient.Slice(BiasOffset + firstBias, biases));
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

    private static bool IsGhostCheaper(int steps, int inputSize, int deltaSize) =>
        2L * steps * (inputSize + deltaSize) < (long)inputSize * deltaSize;

    private double SquaredNormOf(VectorWidth width, int first, int count, Span<float> scratch)
    {
        if (Steps == 1 && count == 1)
        {
            // ‖b aᵀ‖² + ‖b‖² = ‖b‖² (‖a‖² + 1).
            double inputs = TreeSums.SquaredNorm(width, Inputs.Slice(first * InputSize, InputSize));
            double deltas = TreeSums.SquaredNorm(width, Deltas.Slice(first * DeltaSize, DeltaSize));
            return deltas * (BiasOffset >= 0 ? inputs + 1 : inputs);
        }

        double square = count == 1 && IsGhostCheaper(Steps, InputSize, DeltaSize)
            ? GhostSquare(width, first, scratch)
            : MaterialisedSquare(width, first, count, scratch);
        if (BiasOffset >= 0)
        {
            Span<float> bias = scratch[..DeltaSize];
            bias.Clear();
            AddBias(width, first, count, 0, bias);
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

        double square = TreeSums.Dot(width, inputGram, deltaGram);
        double withoutCancelling = 0;
        for (int t = 0; t < Steps; t++)
        {
            withoutCancelling += Math.Sqrt((double)inputGram[t * (Steps + 1)] * deltaGram[t * (Steps + 1)]);
        }

        // Where the steps cancel, the sum over pairs has lost the digits that the matrix still has.
        return square < SmallestGhost * withoutCancelling * withoutCancelling
            ? MaterialisedSquare(width, row, 1, scratch)
            : square;
    }

    private void AddWeights(VectorWidth width, int first, int count, Span<float> weights, Span<float> packing) =>
        Gemm.Multiply(
            width,
            DeltasOf(first, count).Transposed,
            InputsOf(first, count),
            MatrixView.Of(weights, DeltaSize, InputSize),
            SumsBegin.AtTarget,
            packing);

    private void AddBias(VectorWidth width, int first, int count, int column, Span<float> bias) =>
        ColumnSums.Add(width, DeltasOf(first, count).Part(0, count * Steps, column, bias.Length), bias);

    // One row per pair.
    private MatrixView InputsOf(int row, int count) =>
        MatrixView.Of(Inputs.Slice(row * Steps * InputSize, count * Steps * InputSize), count * Steps, InputSize);

    private MatrixView DeltasOf(int row, int count) =>
        MatrixView.Of(Deltas.Slice(row * Steps * DeltaSize, count * Steps * DeltaSize), count * Steps, DeltaSize);
}
