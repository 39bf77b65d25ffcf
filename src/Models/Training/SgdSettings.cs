namespace DigitalTwin.Models.Training;

/// <summary>What a site does between two rounds of federated averaging.</summary>
/// <param name="LearningRate">Step size, positive.</param>
/// <param name="BatchSize">Rows of a batch, at least 1.</param>
/// <param name="Steps">Batches, not epochs.</param>
/// <param name="L2">Adds L2 · w to the mean gradient of a batch, for penalised parameters.</param>
/// <param name="ProximalMu">Adds μ (w − start): FedProx of Li et al., MLSys 2020; 0 is FedAvg.</param>
public sealed record SgdSettings(double LearningRate, int BatchSize, int Steps, double L2, double ProximalMu);
