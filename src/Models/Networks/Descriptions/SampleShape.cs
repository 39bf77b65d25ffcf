namespace DigitalTwin.Models.Networks.Descriptions;

/// <summary>What one sample is at some place of a network.</summary>
public enum SampleKind
{
    /// <summary>Features without order.</summary>
    Vector,

    /// <summary>Steps of features, step after step.</summary>
    Sequence,

    /// <summary>Channels of rows of pixels, channel after channel, row after row.</summary>
    Image,
}

/// <summary>The shape of one sample; its floats are one block, the last extent fastest.</summary>
public sealed record SampleShape
{
    private SampleShape(SampleKind kind, int[] extents)
    {
        foreach (int extent in extents)
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(extent);
        }

        Kind = kind;
        (Steps, Features, Channels, Height, Width) = kind switch
        {
            SampleKind.Vector => (1, extents[0], 1, 1, extents[0]),
            SampleKind.Sequence => (extents[0], extents[1], 1, extents[0], extents[1]),
            _ => (1, checked(extents[0] * extents[1] * extents[2]), extents[0], extents[1], extents[2]),
        };
    }

    public SampleKind Kind { get; }

    /// <summary>Steps of a sequence; 1 for the others.</summary>
    public int Steps { get; }

    /// <summary>Floats of one step; of a whole image.</summary>
    public int Features { get; }

    /// <summary>Channels of an image; 1 for the others.</summary>
    public int Channels { get; }

    /// <summary>Rows of pixels of an image.</summary>
    public int Height { get; }

    /// <summary>Pixels of a row of an image.</summary>
    public int Width { get; }

    /// <summary>Floats of one sample.</summary>
    public int Size => Steps * Features;

    public static SampleShape Vector(int features) => new(SampleKind.Vector, [features]);

    public static SampleShape Sequence(int steps, int features) => new(SampleKind.Sequence, [steps, features]);

    public static SampleShape Image(int channels, int height, int width) =>
        new(SampleKind.Image, [channels, height, width]);

    public override string ToString() => Kind switch
    {
        SampleKind.Vector => $"{Features} features",
        SampleKind.Sequence => $"{Steps} steps of {Features} features",
        _ => $"{Channels} channels of {Height} x {Width}",
    };
}
