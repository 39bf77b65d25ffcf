using System.Globalization;
using DigitalTwin.Privacy.DifferentialPrivacy;

namespace DigitalTwin.Federation.PrivateTraining;

/// <summary>The secret from which a hospital draws the batches and the noise of one training run.</summary>
/// <remarks>
/// Who knows it can tell who was in a batch and subtract the noise: it never leaves the hospital. Kept, it lets the
/// hospital's own auditor repeat the run to the bit; 32 bytes of the system's generator that are thrown away make noise
/// that nobody draws again. Each step has streams of its own, so a step is recomputed without those before it.
/// </remarks>
public sealed class TrainingKey
{
    /// <summary>Length of the key in bytes.</summary>
    public const int Size = SeededRandomBits.KeySize;

    private readonly byte[] _key;
    private readonly string _run;

    /// <param name="key32">32 uniform secret bytes.</param>
    /// <param name="run">Names the run. One key and one name, one run: the same noise twice would cancel.</param>
    public TrainingKey(ReadOnlySpan<byte> key32, string run)
    {
        ArgumentException.ThrowIfNullOrEmpty(run);
        if (key32.Length != Size)
        {
            throw new ArgumentException($"Expected {Size} bytes, got {key32.Length}.", nameof(key32));
        }

        _key = key32.ToArray();
        _run = run;
    }

    /// <summary>The bits that draw the batch of a step.</summary>
    internal CounterRandomBits Batch(int step) => Of("batch", step);

    /// <summary>The bits that the noise of a step is made of.</summary>
    internal CounterRandomBits Noise(int step) => Of("noise", step);

    private CounterRandomBits Of(string use, int step) =>
        new(_key, string.Create(CultureInfo.InvariantCulture, $"private-training/{use}/{step}/{_run}"));
}
