namespace DigitalTwin.Privacy.HomomorphicEncryption.Seal;

/// <summary>Which table of largest moduli a parameter set is held to.</summary>
public enum SealSecurity
{
    /// <summary>
    /// The security guidelines of 2024 (ePrint 2024/463), ternary secret, 128 bits against classical computers.
    /// </summary>
    Guidelines2024,

    /// <summary>
    /// The HomomorphicEncryption.org standard of 2018 that SEAL's own defaults are made for. They lie above the line of
    /// 2024 by up to 13 bits, so this is for exchanging test objects with SEAL and for nothing else.
    /// </summary>
    SealInterop2018,
}
