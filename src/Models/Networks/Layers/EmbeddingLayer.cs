using DigitalTwin.Models.Networks.Descriptions;
using DigitalTwin.Models.Networks.Kernels;
using DigitalTwin.Models.Networks.PerSample;
using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Models.Networks.Layers;

/// <summary>A row of the table W (V × E) for each code; codes are whole numbers from 0, held as floats.</summary>
/// <remarks>
/// The gradient of a table is one sum of deltas per code that occurs, so its norm takes no table per patient (Li,
/// Tramèr, Liang and Hashimoto 2022, §4, find it from pairs of equal codes, which loses digits where deltas cancel).
/// </remarks>
internal sealed class EmbeddingLayer(SampleShape input, int vocabulary, int width)
    : Layer(input, SampleShape.Sequence(input.Size, width))
{
    public override int ParameterCount => checked(vocabulary * width);

    public override IEnumerable<ParameterBlock> Blocks => [new("weight", 0, [vocabulary, width])];

    public override int ScratchSize(int rows) => width;

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
            for (int i = first * Input.Size; i < end * Input.Size; i++)
            {
                if (frame.Input[(first * Input.Size)..i].Contains(frame.Input[i]))
                {
                    continue;
                }

                Span<float> ofCode = frame.Scratch[..width];
                ofCode.Clear();
                for (int j = i; j < end * Input.Size; j++)
                {
                    if (frame.Input[j] == frame.Input[i])
                    {
                        Elementwise.Add(frame.Width, DeltaOf(frame, j), ofCode);
                    }
                }

                squaredNorms[units.UnitOf(first)] += TreeSums.SquaredNorm(frame.Width, ofCode);
            }

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
