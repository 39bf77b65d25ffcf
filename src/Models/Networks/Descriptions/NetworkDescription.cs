using DigitalTwin.Models.Networks.Losses;

namespace DigitalTwin.Models.Networks.Descriptions;

/// <summary>A network as data: what goes in, its layers, and what training makes small.</summary>
public sealed record NetworkDescription
{
    public required SampleShape Input { get; init; }

    /// <summary>From the input on; at least one, at most 256.</summary>
    public required IReadOnlyList<LayerDescription> Layers { get; init; }

    public required Loss Loss { get; init; }
}
