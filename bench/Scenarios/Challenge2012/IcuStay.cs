namespace DigitalTwin.Scenarios.Challenge2012;

/// <summary>The first 48 hours of one patient, by the hour.</summary>
/// <param name="Record">RecordID.</param>
/// <param name="Unit">ICUType, 1 to 4: coronary, cardiac surgery, medical, surgical.</param>
/// <param name="Values">Hours × signals; NaN where nothing plausible was read.</param>
/// <param name="SapsI">The score of outcomes-a.csv; null where it is unknown.</param>
/// <param name="Died">In hospital.</param>
internal sealed record IcuStay(int Record, int Unit, float[] Values, int? SapsI, bool Died)
{
    public const int Hours = 48;

    /// <summary>Signals of every hour: the series, then what is known at admission, at the first hour only.</summary>
    public static int Signals { get; } = IcuSignal.Series.Count + IcuSignal.AtAdmission.Count + UnitColumns;

    // One unit of four is the other three's zeros.
    private const int UnitColumns = 3;

    public float At(int hour, int signal) => Values[(hour * Signals) + signal];
}
