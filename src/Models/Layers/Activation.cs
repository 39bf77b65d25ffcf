namespace DigitalTwin.Models.Layers;

/// <summary>What stands between two dense layers.</summary>
public enum Activation
{
    /// <summary>max(x, 0); weights start He-uniform.</summary>
    Relu,

    /// <summary>tanh x; weights start Glorot-uniform.</summary>
    Tanh,
}
