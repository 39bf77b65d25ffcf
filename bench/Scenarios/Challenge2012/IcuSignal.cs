namespace DigitalTwin.Scenarios.Challenge2012;

/// <summary>One signal of the challenge and the readings of it that are taken for real.</summary>
/// <param name="Name">As in the files.</param>
/// <param name="Low">Smallest plausible reading, in the challenge's unit.</param>
/// <param name="High">Largest plausible reading.</param>
/// <param name="IsSkewed">Whether ln(1 + x) is used: amounts that range over orders of magnitude.</param>
internal sealed record IcuSignal(string Name, double Low, double High, bool IsSkewed = false)
{
    /// <summary>The 37 time series of set A, by name.</summary>
    /// <remarks>
    /// Ranges are ours: wide enough for every reading that a living patient can have, so that what falls outside is an
    /// artefact or a slip of the pen (a pressure of 0, a temperature of −17.8 °C, a pH of 735) and counts as missing.
    /// </remarks>
    public static IReadOnlyList<IcuSignal> Series { get; } =
    [
        new("ALP", 5, 5000, IsSkewed: true),
        new("ALT", 1, 20_000, IsSkewed: true),
        new("AST", 1, 20_000, IsSkewed: true),
        new("Albumin", 0.5, 7),
        new("BUN", 1, 250, IsSkewed: true),
        new("Bilirubin", 0.05, 60, IsSkewed: true),
        new("Cholesterol", 20, 1000),
        new("Creatinine", 0.1, 30, IsSkewed: true),
        new("DiasABP", 10, 200),
        new("FiO2", 0.21, 1),
        new("GCS", 3, 15),
        new("Glucose", 10, 1500, IsSkewed: true),
        new("HCO3", 2, 60),
        new("HCT", 5, 70),
        new("HR", 15, 300),
        new("K", 1, 15),
        new("Lactate", 0.1, 35, IsSkewed: true),
        new("MAP", 15, 250),
        new("MechVent", 0, 1),
        new("Mg", 0.2, 10),
        new("NIDiasABP", 10, 200),
        new("NIMAP", 15, 250),
        new("NISysABP", 30, 300),
        new("Na", 90, 190),
        new("PaCO2", 8, 150),
        new("PaO2", 15, 700),
        new("Platelets", 1, 2000, IsSkewed: true),
        new("RespRate", 2, 80),
        new("SaO2", 20, 100),
        new("SysABP", 30, 300),
        new("Temp", 25, 44),
        new("TroponinI", 0, 100, IsSkewed: true),
        new("TroponinT", 0, 50, IsSkewed: true),
        new("Urine", 0, 2500, IsSkewed: true),
        new("WBC", 0.05, 400, IsSkewed: true),
        new("Weight", 25, 300),
        new("pH", 6.5, 8),
    ];

    /// <summary>What is known at admission; the intensive care unit follows as three columns of 0 and 1.</summary>
    public static IReadOnlyList<IcuSignal> AtAdmission { get; } =
        [new("Age", 15, 110), new("Gender", 0, 1), new("Height", 120, 230)];

    public bool IsPlausible(double reading) => reading >= Low && reading <= High;

    public double Scaled(double reading) => IsSkewed ? Math.Log(1 + reading) : reading;
}
