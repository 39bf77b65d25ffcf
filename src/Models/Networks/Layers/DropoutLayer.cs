using DigitalTwin.Models.Networks.Descriptions;
using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Models.Networks.Layers;

/// <summary>In training, each entry is 0 with the given rate and else divided by 1 − rate.</summary>
/// <remarks>
/// Srivastava et al., JMLR 15, 2014, in the inverted form. Whether entry i of the batch falls is word i mod 4 of
/// Philox4x32-10 at counter (i / 4, number of the layer, step) under the pass's seed: nothing is stored, the backward
/// pass draws the same mask again, and an audit can.
/// </remarks>
internal sealed class DropoutLayer(SampleShape shape, double rate, int number) : Layer(shape, shape)
{
    private const int WordsPerBlock = 4;

    private readonly uint _threshold = (uint)(rate * (1L << 32));
    private readonly float _gain = (float)(1 / (1 - rate));

    /// <summary>A mask that can be replayed goes by the place, not by the patient.</summary>
    public override bool DependsOnPlace => true;

    public override void Forward(in LayerFrame frame) => Apply(frame, frame.Input, frame.Output);

    public override void BackwardInput(in LayerFrame frame)
    {
        if (!frame.InputGradient.IsEmpty)
        {
            Apply(frame, frame.OutputGradient, frame.InputGradient);
        }
    }

    private void Apply(in LayerFrame frame, ReadOnlySpan<float> source, Span<float> target)
    {
        if (!frame.Training)
        {
            source.CopyTo(target);
            return;
        }

        Span<uint> words = stackalloc uint[WordsPerBlock];
        long first = (long)frame.FirstRow * Input.Size;
        for (int i = 0; i < source.Length; i++)
        {
            long entry = first + i;
            if (i == 0 || entry % WordsPerBlock == 0)
            {
                words[0] = checked((uint)(entry / WordsPerBlock));
                words[1] = (uint)number;
                words[2] = unchecked((uint)frame.DropoutStep);
                words[3] = (uint)(frame.DropoutStep >> 32);
                PhiloxStream.Encrypt(
                    words, unchecked((uint)frame.DropoutSeed), (uint)(frame.DropoutSeed >> 32));
            }

            target[i] = words[(int)(entry % WordsPerBlock)] < _threshold ? 0f : source[i] * _gain;
        }
    }
}
