namespace DigitalTwin.Coordinator.ReadSide;

/// <summary>The port of the read side, known once the server listens; null where there is none.</summary>
internal sealed class ReadPort
{
    public int? Value { get; set; }
}
