namespace DigitalTwin.Clinical.Synthetic;

/// <summary>Mean, standard deviation and the bounds at which a draw is cut off, in the unit of the column.</summary>
internal readonly record struct CutNormal(double Mean, double Sd, double Low, double High);

/// <summary>ST depression: none in a share of patients, in the others a shifted exponential.</summary>
internal readonly record struct StDepressionMarginal(double NoneShare, double Mean, double Sd, double High);

/// <summary>What is published about each column of one hospital, one column at a time.</summary>
/// <remarks>
/// Every figure was computed from the public UCI file of the hospital named in <see cref="Likeness"/> (CC BY 4.0), rows
/// complete in the used columns, zeros of pressure and cholesterol counted apart; <c>docs/data-contracts.md</c> has the
/// same table. Means and deviations are rounded to 0.1, shares to 0.01. Cholesterol of the Swiss hospital was never
/// recorded; the pooled 245 ± 55 stands for what the patients would have had.
/// </remarks>
internal sealed record HospitalMarginals
{
    public required string Name { get; init; }

    public required string Likeness { get; init; }

    public required int Rows { get; init; }

    public required CutNormal Age { get; init; }

    public required double MaleShare { get; init; }

    /// <summary>Shares of typical angina, atypical angina, non-anginal pain, asymptomatic.</summary>
    public required double[] ChestPainShares { get; init; }

    public required CutNormal RestingPressure { get; init; }

    /// <summary>Share of rows where 0 stands for a resting pressure that was not measured.</summary>
    public required double PressureZeroShare { get; init; }

    public required CutNormal Cholesterol { get; init; }

    /// <summary>Share of rows where 0 stands for a cholesterol that was not measured.</summary>
    public required double CholesterolZeroShare { get; init; }

    public required double FastingSugarShare { get; init; }

    /// <summary>Shares of normal, ST-T abnormality, left ventricular hypertrophy.</summary>
    public required double[] RestingEcgShares { get; init; }

    public required CutNormal HeartRate { get; init; }

    public required double ExerciseAnginaShare { get; init; }

    public required StDepressionMarginal StDepression { get; init; }

    /// <summary>Share of patients with disease.</summary>
    public required double Prevalence { get; init; }

    /// <summary>The intercept of the label's logit, found by bisection for <see cref="Prevalence"/>.</summary>
    public required double Intercept { get; init; }

    internal static readonly HospitalMarginals North = new()
    {
        Name = "north",
        Likeness = "cleveland",
        Rows = 303,
        Age = new(54.4, 9.0, 29, 77),
        MaleShare = 0.68,
        ChestPainShares = [0.08, 0.16, 0.28, 0.48],
        RestingPressure = new(131.7, 17.6, 94, 200),
        PressureZeroShare = 0,
        Cholesterol = new(246.7, 51.8, 126, 564),
        CholesterolZeroShare = 0,
        FastingSugarShare = 0.15,
        RestingEcgShares = [0.50, 0.01, 0.49],
        HeartRate = new(149.6, 22.9, 71, 202),
        ExerciseAnginaShare = 0.33,
        StDepression = new(0.33, 1.54, 1.11, 6.2),
        Prevalence = 0.46,
        Intercept = -0.31,
    };

    internal static readonly HospitalMarginals East = new()
    {
        Name = "east",
        Likeness = "hungarian",
        Rows = 261,
        Age = new(47.8, 7.8, 28, 65),
        MaleShare = 0.74,
        ChestPainShares = [0.04, 0.35, 0.18, 0.43],
        RestingPressure = new(132.6, 17.7, 92, 200),
        PressureZeroShare = 0,
        Cholesterol = new(248.8, 65.7, 85, 603),
        CholesterolZeroShare = 0,
        FastingSugarShare = 0.07,
        RestingEcgShares = [0.80, 0.18, 0.02],
        HeartRate = new(139.2, 23.8, 82, 190),
        ExerciseAnginaShare = 0.32,
        StDepression = new(0.63, 1.66, 0.78, 5.0),
        Prevalence = 0.38,
        Intercept = -0.28,
    };

    internal static readonly HospitalMarginals South = new()
    {
        Name = "south",
        Likeness = "switzerland",
        Rows = 46,
        Age = new(56.7, 8.5, 38, 73),
        MaleShare = 0.93,
        ChestPainShares = [0.02, 0.02, 0.15, 0.81],
        RestingPressure = new(135.9, 20.0, 105, 200),
        PressureZeroShare = 0,
        Cholesterol = new(245.0, 55.0, 100, 600),
        CholesterolZeroShare = 1,
        FastingSugarShare = 0.09,
        RestingEcgShares = [0.67, 0.26, 0.07],
        HeartRate = new(113.6, 23.9, 60, 157),
        ExerciseAnginaShare = 0.63,
        StDepression = new(0.57, 1.09, 0.78, 3.0),
        Prevalence = 0.98,
        Intercept = 3.65,
    };

    internal static readonly HospitalMarginals West = new()
    {
        Name = "west",
        Likeness = "va",
        Rows = 130,
        Age = new(59.4, 7.8, 37, 77),
        MaleShare = 0.96,
        ChestPainShares = [0.02, 0.05, 0.17, 0.76],
        RestingPressure = new(135.4, 18.3, 96, 190),
        PressureZeroShare = 0.01,
        Cholesterol = new(239.3, 51.4, 100, 458),
        CholesterolZeroShare = 0.25,
        FastingSugarShare = 0.33,
        RestingEcgShares = [0.42, 0.44, 0.14],
        HeartRate = new(121.4, 21.4, 69, 180),
        ExerciseAnginaShare = 0.65,
        StDepression = new(0.30, 1.82, 0.89, 4.0),
        Prevalence = 0.78,
        Intercept = -0.19,
    };
}
