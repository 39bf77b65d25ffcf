namespace DigitalTwin.Clinical;

/// <summary>Data, a split or a contract name that cannot be used at all, said in one sentence.</summary>
/// <remarks>A bad row is no exception: it is counted and reported as a <see cref="Tables.RowProblem"/>.</remarks>
public sealed class ClinicalDataException(string sentence, Exception? cause = null) : Exception(sentence, cause);
