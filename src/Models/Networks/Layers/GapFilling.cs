using DigitalTwin.Models.Networks.Kernels;

namespace DigitalTwin.Models.Networks.Layers;

/// <summary>The input decay of GRU-D: a gap holds its last observation, which fades towards the mean.</summary>
/// <remarks>
/// Che et al., Scientific Reports 8:6085, 2018, equations 10 and 11: γ_x = e^(−max(0, w_x δ + b_x)), one weight w_x and
/// one b_x per value, which stand first in the layer's parameters; x̂ = m x + (1 − m)(γ_x x' + (1 − γ_x) x̄).
/// </remarks>
/// <param name="steps">T.</param>
/// <param name="means">x̄, D.</param>
internal sealed class GapFilling(int steps, float[] means)
{
    /// <summary>D.</summary>
    public int Values => means.Length;

    /// <summary>Reads values, masks and times of the frame's input.</summary>
    /// <param name="frame">That of the layer.</param>
    /// <param name="since">Out: δ, B × T × D.</param>
    /// <param name="seen">Out: x̂ and m, B × T × 2 D; 0 at a masked step.</param>
    /// <param name="pull">Out: γ_x (x' − x̄) at the gaps, B × T × D.</param>
    public void Fill(in LayerFrame frame, Span<float> since, Span<float> seen, Span<float> pull)
    {
        int features = GruDLayer.Parts * Values;
        for (int place = 0; place < frame.Rows * steps; place++)
        {
            Span<float> times = since.Slice(place * Values, Values);
            if (IsMasked(frame, place))
            {
                times.Clear();
            }
            else
            {
                frame.Input.Slice((place * features) + (2 * Values), Values).CopyTo(times);
            }

            for (int i = 0; i < Values; i++)
            {
                pull[(place * Values) + i] = DecayOf(frame.Parameters, times, i);
            }
        }

        Elementwise.Forward<DecayCurve>(frame.Width, pull, pull);
        Span<float> last = frame.Scratch[..Values];
        for (int place = 0; place < frame.Rows * steps; place++)
        {
            if (place % steps == 0)
            {
                last.Clear();
            }

            FillStep(
                IsMasked(frame, place) ? default : frame.Input.Slice(place * features, features),
                seen.Slice(place * 2 * Values, 2 * Values),
                pull.Slice(place * Values, Values),
                last);
        }
    }

    /// <summary>Turns the pulls into the deltas of the decays: −γ_x (x' − x̄) dL/dx̂ where a decay has begun.</summary>
    /// <param name="parameters">Those of the layer.</param>
    /// <param name="since">δ, B × T × D.</param>
    /// <param name="gradient">dL/dx̂, B × T × D.</param>
    /// <param name="pull">In: what <see cref="Fill"/> left. Out: the deltas.</param>
    public void Backward(
        ReadOnlySpan<float> parameters, ReadOnlySpan<float> since, ReadOnlySpan<float> gradient, Span<float> pull)
    {
        for (int first = 0; first < pull.Length; first += Values)
        {
            for (int i = 0; i < Values; i++)
            {
                bool begun = DecayOf(parameters, since[first..], i) > 0;
                pull[first + i] = begun ? -(gradient[first + i] * pull[first + i]) : 0;
            }
        }
    }

    /// <summary>Adds to the gradients of w_x and b_x.</summary>
    /// <param name="since">δ of some rows.</param>
    /// <param name="deltas">Those of the same rows.</param>
    /// <param name="gradientToAddTo">At least 2 D.</param>
    public void AddGradient(ReadOnlySpan<float> since, ReadOnlySpan<float> deltas, Span<float> gradientToAddTo)
    {
        for (int first = 0; first < deltas.Length; first += Values)
        {
            for (int i = 0; i < Values; i++)
            {
                gradientToAddTo[i] += deltas[first + i] * since[first + i];
                gradientToAddTo[Values + i] += deltas[first + i];
            }
        }
    }

    // An empty input is a masked step. The last observation is kept as its distance from the mean, 0 before the first.
    private void FillStep(ReadOnlySpan<float> input, Span<float> seen, Span<float> pull, Span<float> last)
    {
        if (input.IsEmpty)
        {
            seen.Clear();
            pull.Clear();
            return;
        }

        for (int i = 0; i < Values; i++)
        {
            bool observed = IsObserved(input, i);
            last[i] = observed ? input[i] - means[i] : last[i];
            pull[i] = observed ? 0 : pull[i] * last[i];
            seen[i] = observed ? input[i] : means[i] + pull[i];
            seen[Values + i] = observed ? 1 : 0;
        }
    }

    private bool IsObserved(ReadOnlySpan<float> input, int i) => input[Values + i] switch
    {
        0 => false,
        1 => true,
        float mask => throw new ArgumentException($"The mask of value {i} is {mask}; allowed: 0 and 1."),
    };

    // w_x δ + b_x of one value.
    private float DecayOf(ReadOnlySpan<float> parameters, ReadOnlySpan<float> since, int i) =>
        MathF.FusedMultiplyAdd(parameters[i], since[i], parameters[Values + i]);

    private static bool IsMasked(in LayerFrame frame, int place) =>
        !frame.StepMask.IsEmpty && frame.StepMask[place] == 0;
}
