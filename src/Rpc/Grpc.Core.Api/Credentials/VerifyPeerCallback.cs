namespace Grpc.Core;

/// <summary>A further check of a server whose certificate is in order.</summary>
/// <returns>False to refuse the connection.</returns>
public delegate bool VerifyPeerCallback(VerifyPeerContext context);
