namespace DigitalTwin.Federation.PrivateTraining;

/// <summary>What one step looked like inside the hospital.</summary>
/// <remarks>Exact counts and losses without noise, outside the guarantee: they must not leave the hospital.</remarks>
/// <param name="Batch">Patients that were drawn.</param>
/// <param name="Clipped">Patients whose gradient was shortened.</param>
/// <param name="NotFinite">Patients whose gradient held a NaN or an infinity, and who count as zero.</param>
/// <param name="Loss">Sum of the losses of the rows of all others.</param>
public sealed record StepFigures(int Batch, int Clipped, int NotFinite, double Loss);
