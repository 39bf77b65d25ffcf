// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EnumerableSet} from "@openzeppelin/contracts/utils/structs/EnumerableSet.sol";
import {IMemberRegistry} from "./IMemberRegistry.sol";
import {Roles} from "./Roles.sol";

/// @notice Members change by votes of the hospitals and in no other way: there is no owner and no upgrade.
/// @dev A proposal is bound to the hospitals of its moment. Every change of members begins a new epoch; a vote counts
/// while its hospital has been a hospital without a break since the proposal's epoch, and the threshold is of the
/// number of hospitals there were then. So who is admitted later cannot vote, and who is removed no longer counts.
contract MemberRegistry is IMemberRegistry {
    using EnumerableSet for EnumerableSet.AddressSet;

    enum Status {
        Unknown,
        Active,
        Suspended,
        Removed
    }

    enum Kind {
        Admit,
        Suspend,
        Reinstate,
        Remove,
        RotateKey
    }

    struct Member {
        bytes32 idHash;
        bytes32 keyHash;
        uint32 roles;
        Status status;
        uint64 since; // epoch of the last admission or reinstatement
    }

    struct Proposal {
        bytes32 idHash;
        bytes32 dataHash;
        address subject;
        Kind kind;
        uint32 roles;
        uint32 deciders; // hospitals at the proposal
        bool executed;
        uint64 epoch;
        uint64 deadline; // Unix seconds
        address[] voters;
    }

    error NotAHospital(address account);
    error NotEligible(address account, uint256 id);
    error AlreadyVoted(address account, uint256 id);
    error UnknownProposal(uint256 id);
    error ProposalExpired(uint256 id);
    error ProposalExecuted(uint256 id);
    error ImpossibleChange(Kind kind, address subject);
    error LastHospital(address account);
    error InvalidMember(address account);

    /// @notice How long a proposal can be voted on.
    uint64 public constant VOTING_PERIOD = 7 days;

    EnumerableSet.AddressSet private _hospitals;
    mapping(address account => Member) private _members;
    mapping(bytes32 idHash => address) private _accountOf;
    Proposal[] private _proposals;
    uint64 private _epoch;

    /// @param accounts The founding members, at least one of them a hospital.
    constructor(
        address[] memory accounts,
        bytes32[] memory idHashes,
        bytes32[] memory keyHashes,
        uint32[] memory roles
    ) {
        for (uint256 i = 0; i < accounts.length; i++) {
            _admit(accounts[i], idHashes[i], keyHashes[i], roles[i]);
        }
        if (_hospitals.length() == 0) {
            revert NotAHospital(address(0));
        }
    }

    /// @inheritdoc IMemberRegistry
    function isActive(address account, uint32 role) public view returns (bool) {
        Member storage member = _members[account];
        return member.status == Status.Active && member.roles & role == role;
    }

    function memberOf(address account) external view returns (Member memory) {
        return _members[account];
    }

    function hospitals() external view returns (address[] memory) {
        return _hospitals.values();
    }

    function proposal(uint256 id) external view returns (Proposal memory) {
        return _proposals[id];
    }

    /// @inheritdoc IMemberRegistry
    function propose(uint8 kind, address subject, bytes32 idHash, bytes32 dataHash, uint32 roles)
        external
        returns (uint256 id)
    {
        _requireHospital(msg.sender);
        Kind change = Kind(kind);
        _requirePossible(change, subject, idHash, roles);
        id = _proposals.length;
        Proposal storage made = _proposals.push();
        made.kind = change;
        made.subject = subject;
        made.idHash = idHash;
        made.dataHash = dataHash;
        made.roles = roles;
        made.deciders = uint32(_hospitals.length());
        made.epoch = _epoch;
        made.deadline = uint64(block.timestamp) + VOTING_PERIOD;
        emit Proposed(id, kind, subject, dataHash);
    }

    /// @inheritdoc IMemberRegistry
    function vote(uint256 id) external {
        if (id >= _proposals.length) {
            revert UnknownProposal(id);
        }
        Proposal storage open = _proposals[id];
        if (open.executed) {
            revert ProposalExecuted(id);
        }
        if (block.timestamp > open.deadline) {
            revert ProposalExpired(id);
        }
        if (!_mayDecide(msg.sender, open.epoch)) {
            revert NotEligible(msg.sender, id);
        }

        uint32 yes = 1;
        for (uint256 i = 0; i < open.voters.length; i++) {
            if (open.voters[i] == msg.sender) {
                revert AlreadyVoted(msg.sender, id);
            }
            if (_mayDecide(open.voters[i], open.epoch)) {
                yes++;
            }
        }
        open.voters.push(msg.sender);
        emit Voted(id, msg.sender, yes);
        if (uint256(yes) * 3 > uint256(open.deciders) * 2) {
            open.executed = true;
            _execute(open);
        }
    }

    function _mayDecide(address account, uint64 epoch) private view returns (bool) {
        return _hospitals.contains(account) && _members[account].since <= epoch;
    }

    function _requireHospital(address account) private view {
        if (!_hospitals.contains(account)) {
            revert NotAHospital(account);
        }
    }

    function _requirePossible(Kind kind, address subject, bytes32 idHash, uint32 roles) private view {
        Status status = _members[subject].status;
        bool possible;
        if (kind == Kind.Admit) {
            possible = status == Status.Unknown && _isAdmissible(subject, idHash, roles);
        } else if (kind == Kind.Suspend) {
            possible = status == Status.Active;
        } else if (kind == Kind.Reinstate) {
            possible = status == Status.Suspended;
        } else {
            possible = status == Status.Active || status == Status.Suspended;
        }
        if (!possible) {
            revert ImpossibleChange(kind, subject);
        }
    }

    function _isAdmissible(address account, bytes32 idHash, uint32 roles) private view returns (bool) {
        return account != address(0) && idHash != 0 && roles != 0 && roles & ~Roles.ALL == 0
            && _accountOf[idHash] == address(0);
    }

    // What was possible at the proposal may no longer be: other proposals were executed meanwhile.
    function _execute(Proposal storage decided) private {
        address subject = decided.subject;
        _requirePossible(decided.kind, subject, decided.idHash, decided.roles);
        Member storage member = _members[subject];
        if (decided.kind == Kind.Admit) {
            _admit(subject, decided.idHash, decided.dataHash, decided.roles);
        } else if (decided.kind == Kind.RotateKey) {
            emit MemberKeyRotated(subject, member.keyHash, decided.dataHash);
            member.keyHash = decided.dataHash;
        } else if (decided.kind == Kind.Reinstate) {
            _epoch++;
            member.since = _epoch;
            _setStatus(subject, Status.Active, decided.dataHash);
        } else {
            _epoch++;
            _setStatus(subject, decided.kind == Kind.Suspend ? Status.Suspended : Status.Removed, decided.dataHash);
        }
    }

    function _admit(address account, bytes32 idHash, bytes32 keyHash, uint32 roles) private {
        if (_members[account].status != Status.Unknown || !_isAdmissible(account, idHash, roles)) {
            revert InvalidMember(account);
        }
        _epoch++;
        _members[account] = Member(idHash, keyHash, roles, Status.Active, _epoch);
        _accountOf[idHash] = account;
        if (roles & Roles.HOSPITAL != 0) {
            _hospitals.add(account);
        }
        emit MemberAdmitted(account, idHash, keyHash, roles);
    }

    function _setStatus(address account, Status status, bytes32 reasonHash) private {
        Member storage member = _members[account];
        member.status = status;
        if (member.roles & Roles.HOSPITAL != 0) {
            if (status == Status.Active) {
                _hospitals.add(account);
            } else {
                _hospitals.remove(account);
                if (_hospitals.length() == 0) {
                    revert LastHospital(account);
                }
            }
        }
        emit MemberStatusChanged(account, uint8(status), reasonHash);
    }
}
