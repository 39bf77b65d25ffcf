using DigitalTwin.Models.Networks.Layers;
using DigitalTwin.Privacy.DifferentialPrivacy;

namespace DigitalTwin.Federation.PrivateTraining;

/// <summary>A bound C_l for the gradient of each layer.</summary>
/// <remarks>
/// McMahan, Ramage, Talwar and Zhang, "Learning Differentially Private Recurrent Language Models", ICLR 2018, §2.2. A
/// patient's whole gradient is then at most C = √(Σ C_l²), to which the noise is scaled: one step of Gaussian noise on
/// all layers, as with <see cref="FlatBound"/>. All layers lie on one grid, of C / 2^26, and each C_l is rounded down
/// to it.
/// </remarks>
public sealed class LayerBounds : GradientBound
{
    private readonly List<(int Start, int Length, GradientClipping Clipping)> _layers = [];
    private readonly double _unit;
    private readonly long _squaredSensitivity;

    /// <param name="blocks">The network's tensors; those whose names begin with the same number are a layer.</param>
    /// <param name="clips">C_l for each layer that has parameters, in order.</param>
    /// <exception cref="ArgumentException">There are not as many bounds as layers.</exception>
    public LayerBounds(IReadOnlyList<ParameterBlock> blocks, IReadOnlyList<double> clips)
        : base(LengthOf(blocks), LengthOf(blocks))
    {
        ArgumentNullException.ThrowIfNull(clips);
        List<(int Start, int Length)> layers = LayersOf(blocks);
        if (layers.Count != clips.Count)
        {
            throw new ArgumentException(
                $"Expected a bound for {layers.Count} layers, got {clips.Count}.", nameof(clips));
        }

        Clip = Math.Sqrt(clips.Sum(clip => RequireClip(clip, nameof(clips)) * clip));
        _unit = Clip / GradientClipping.LargestClip;
        for (int i = 0; i < clips.Count; i++)
        {
            // A layer whose bound is below the grid still needs one unit, or nothing of it would be learned.
            long clipGrid = long.Max(1, long.Min(GradientClipping.LargestClip, (long)(clips[i] / _unit)));
            _layers.Add((layers[i].Start, layers[i].Length, new GradientClipping(clipGrid, _unit)));
            _squaredSensitivity += clipGrid * clipGrid;
        }
    }

    /// <summary>Equal bounds, together <paramref name="clip"/>: C / √L for each of L layers.</summary>
    public static LayerBounds Equal(IReadOnlyList<ParameterBlock> blocks, double clip)
    {
        int layers = LayersOf(blocks).Count;
        return new LayerBounds(blocks, [.. Enumerable.Repeat(clip / Math.Sqrt(layers), layers)]);
    }

    // Rounded up: it is what the noise is scaled to.
    public override double SensitivityGrid => Math.BitIncrement(Math.Sqrt(_squaredSensitivity));

    public override double Clip { get; }

    internal override ClipOutcome AddClipped(ReadOnlySpan<float> gradient, Span<long> sum)
    {
        // A patient with one layer that is not finite counts as nobody in the others too.
        if (!GradientClipping.IsFinite(gradient))
        {
            return ClipOutcome.NotFinite;
        }

        ClipOutcome outcome = ClipOutcome.Kept;
        foreach ((int start, int length, GradientClipping clipping) in _layers)
        {
            ClipOutcome ofLayer = clipping.AddClipped(gradient.Slice(start, length), sum.Slice(start, length));
            outcome = ofLayer == ClipOutcome.Kept ? outcome : ofLayer;
        }

        return outcome;
    }

    internal override void Read(ReadOnlySpan<double> released, double divisor, Span<float> gradient) =>
        Scale(released, _unit / divisor, gradient);

    private static int LengthOf(IReadOnlyList<ParameterBlock> blocks)
    {
        ArgumentNullException.ThrowIfNull(blocks);
        return blocks.Sum(block => block.Size);
    }

    private static List<(int Start, int Length)> LayersOf(IReadOnlyList<ParameterBlock> blocks) =>
    [
        .. blocks.GroupBy(block => block.Name.Split('.')[0]).Select(layer =>
            (layer.Min(block => block.Offset), layer.Sum(block => block.Size))),
    ];
}
