namespace DigitalTwin.Models.Networks.Descriptions;

/// <summary>One node looks at another, and takes in what that one holds.</summary>
/// <param name="Source">Number of the node that is looked at, from 0.</param>
/// <param name="Target">Number of the node that looks, from 0.</param>
public readonly record struct GraphEdge(int Source, int Target);
