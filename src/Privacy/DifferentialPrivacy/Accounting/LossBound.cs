namespace DigitalTwin.Privacy.DifferentialPrivacy.Accounting;

/// <summary>On which side of the truth a discretised privacy loss stays.</summary>
internal enum LossBound
{
    /// <summary>No ε comes out smaller than it is.</summary>
    Upper,

    /// <summary>No ε comes out larger than it is.</summary>
    Lower,
}
