namespace DigitalTwin.Scenarios.Challenge2012;

/// <summary>Stays as the networks read them: for every hour values, masks and times since they were seen.</summary>
/// <remarks>
/// Times are those of equation 2 of Che et al. 2018, in units of <see cref="HoursPerUnit"/>. A gap holds the last value
/// before it, or the mean: GRU reads it, GRU-D does not.
/// </remarks>
internal sealed class StaySeries
{
    /// <summary>Values, masks and times: an hour has this many floats per signal.</summary>
    public const int Parts = 3;

    private const float HoursPerUnit = 12;

    public StaySeries(IReadOnlyList<IcuStay> stays, Standardisation standardisation)
    {
        Count = stays.Count;
        Inputs = new float[stays.Count * StaySize];
        Labels = [.. stays.Select(stay => stay.Died ? 1f : 0f)];
        for (int i = 0; i < stays.Count; i++)
        {
            Write(stays[i], standardisation, Inputs.AsSpan(i * StaySize, StaySize));
        }
    }

    /// <summary>Floats of one stay.</summary>
    public static int StaySize { get; } = IcuStay.Hours * Parts * IcuStay.Signals;

    public int Count { get; }

    /// <summary>Stays × hours × (values, masks, times).</summary>
    public float[] Inputs { get; }

    /// <summary>1 where the patient died.</summary>
    public float[] Labels { get; }

    private static void Write(IcuStay stay, Standardisation standardisation, Span<float> target)
    {
        int signals = IcuStay.Signals;
        for (int signal = 0; signal < signals; signal++)
        {
            float last = 0;
            float hours = 0;
            for (int hour = 0; hour < IcuStay.Hours; hour++)
            {
                Span<float> at = target[(hour * Parts * signals)..];
                float value = standardisation.Of(stay, hour, signal);
                bool seen = !float.IsNaN(value);
                last = seen ? value : last;
                at[signal] = last;
                at[signals + signal] = seen ? 1 : 0;
                at[(2 * signals) + signal] = hours / HoursPerUnit;
                hours = seen ? 1 : hours + 1;
            }
        }
    }
}
