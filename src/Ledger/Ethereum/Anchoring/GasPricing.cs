using System.Numerics;
using DigitalTwin.Ledger.Ethereum.Nodes;

namespace DigitalTwin.Ledger.Ethereum.Anchoring;

/// <summary>What a unit of gas costs in a transaction, in wei; without a tip it has the legacy form.</summary>
internal readonly record struct GasPrice(BigInteger Max, BigInteger? Tip);

/// <summary>The price of gas by a policy.</summary>
internal static class GasPricing
{
    /// <summary>The price for the next transaction; null with the reason where the policy allows none.</summary>
    /// <remarks>
    /// eth_gasPrice is asked only where the policy says so: on a free network some nodes answer 1 gwei, which an
    /// account without funds cannot pay.
    /// </remarks>
    /// <param name="policy">How gas is paid.</param>
    /// <param name="most">Most wei for a unit of gas.</param>
    /// <param name="node">The node that is asked.</param>
    /// <param name="head">Its newest block.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task<(GasPrice? Price, string Why)> QuoteAsync(
        FeePolicy policy, BigInteger most, EthereumNode node, BlockHead head, CancellationToken cancellationToken)
    {
        BigInteger? baseFee = head.BaseFeePerGas;
        switch (policy)
        {
            case FeePolicy.Zero when baseFee is null or { IsZero: true }:
                return (new GasPrice(0, baseFee), "");
            case FeePolicy.Zero:
                return (null, $"the fee is Zero and the chain takes {baseFee} wei for a unit of gas.");
            case FeePolicy.Fixed:
                return (new GasPrice(most, baseFee is null ? null : most), "");
            default:
                BigInteger asked = await node.GasPriceAsync(cancellationToken);
                if (asked > most || baseFee > most)
                {
                    return (null, $"the node asks {asked} wei for a unit of gas, and maxFeePerGas is {most}.");
                }

                // The base fee rises by an eighth a block at most (EIP-1559): twice of it lasts five blocks.
                return baseFee is not { } floor
                    ? (new GasPrice(asked, null), "")
                    : (new GasPrice(
                        BigInteger.Min(most, BigInteger.Max(asked, 2 * floor)), BigInteger.Max(0, asked - floor)), "");
        }
    }
}
