using DigitalTwin.Models.Networks.Descriptions;
using DigitalTwin.Models.Networks.Kernels;
using DigitalTwin.Models.Networks.PerSample;
using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Models.Networks.Layers;

/// <summary>A row of the table W (V × E) for each code; codes are whole numbers from 0, held as floats.</summary>
/// <remarks>
/// The gradient of a table is a sum over equal codes, so its squared norm is Σ over pairs of equal codes of the product
/// of their deltas (Li, Tramèr, Liang and Hashimoto 2022, §4): no table per patient.
/// </remarks>
internal sealed class EmbeddingLayer(SampleShape input, int vocabulary, int width)
    : Layer(input, SampleShape.Sequence(input.Size, width))
{
    public override int ParameterCount => checked(vocabulary * width);

    public override IEnumerable<ParameterBlock> Blocks => [new("weight", 0, [vocabulary, width])];

    /// <summary>Normal with standard deviation 1, as PyTorch does.</summary>
    public override void Initialise(Span<float> parameters, PhiloxStream random)
    {
        foreach (ref float weight in parameters)
        {
            weight = (float)random.NextNormal();
        }
    }

    public override void Forward(in LayerFrame frame)
    {
        for (int i = 0; i < frame.Input.Length; i++)
        {
            frame.Parameters.Slice(CodeOf(frame, i) * width, width).CopyTo(frame.Output[(i * width)..]);
        }
    }

    public override void BackwardInput(in LayerFrame frame) => frame.InputGradient.Clear();

    public override void BackwardParameters(in LayerFrame frame, Span<float> gradientToAddTo)
    {
        for (int i = 0; i < frame.Input.Length; i++)
        {
            Elementwise.Add(
                frame.Width, DeltaOf(frame, i), gradientToAddTo.Slice(CodeOf(frame, i) * width, width));
        }
    }

    public override void AddSquaredNorms(in LayerFrame frame, PrivacyUnits units, Span<double> squaredNorms)
    {
        for (int first = 0; first < units.Rows;)
        {
            int end = units.EndOf(first);
            double square = 0;
            for (int i = first * Input.Size; i < end * Input.Size; i++)
            {
                for (int j = first * Input.Size; j <= i; j++)
                {
                    if (frame.Input[i] == frame.Input[j])
                    {
                        double product = TreeSums.Dot(frame.Width, DeltaOf(frame, i), DeltaOf(frame, j));
                        square += i == j ? product : 2 * product;
                    }
                }
            }

            // Rounding can leave a sum of squares that is nearly 0 below it.
            squaredNorms[units.UnitOf(first)] += Math.Max(0, square);
            first = end;
        }
    }

    public override void ScaleDeltas(in LayerFrame frame, ReadOnlySpan<float> factors) =>
        ScaleRows(frame, frame.OutputGradient, factors);

    private Span<float> DeltaOf(in LayerFrame frame, int i) => frame.OutputGradient.Slice(i * width, width);

    private int CodeOf(in LayerFrame frame, int i)
    {
        float code = frame.Input[i];
        return code >= 0 && code < vocabulary && code == MathF.Floor(code)
            ? (int)code
            : throw new ArgumentException($"Code {code} is none of the whole numbers from 0 to {vocabulary - 1}.");
    }
}
