namespace DigitalTwin.Scenarios.Challenge2012;

/// <summary>What is chosen on the validating patients.</summary>
/// <param name="IsGruD">GRU-D; else a GRU that reads filled gaps, masks and times.</param>
/// <param name="Hidden">Units of the state.</param>
/// <param name="Decay">Weight decay of AdamW.</param>
internal sealed record StaySetting(bool IsGruD, int Hidden, double Decay)
{
    public string Name => IsGruD ? "GRU-D" : "GRU";
}
