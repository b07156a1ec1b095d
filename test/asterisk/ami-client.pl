#!/usr/bin/perl
# Lists and follows with an AMI client of Debian, and logs off when every channel that it saw begin is over.
# perl ami-client.pl MODULE HOST PORT USER, with the secret in AMI_SECRET; each block is a line of JSON.
use strict;
use warnings;
use JSON::PP;

my ($module, $host, $port, $user) = @ARGV;
my $secret = $ENV{AMI_SECRET};
my $json = JSON::PP->new->latin1->canonical;
my ($begun, $ended, $complete) = (0, 0, 0);
$| = 1;

sub seen {
  my ($block) = @_;
  my $event = $block->{Event} // '';
  $begun++ if $event eq 'Newchannel';
  $ended++ if $event eq 'Hangup';
  $complete = 1 if $event eq 'CoreShowChannelsComplete';
  print $json->encode($block), "\n";
}

sub over { $complete && $begun > 0 && $begun == $ended }

if ($module eq 'Telephony::Asterisk::AMI') {
  require Telephony::Asterisk::AMI;
  my $ami = Telephony::Asterisk::AMI->new(
    Host => $host, Port => $port, Username => $user, Secret => $secret, Event_Callback => \&seen);
  $ami->connect or die $ami->error;
  my $answer = $ami->action(Action => 'CoreShowChannels');
  die $answer->{Message} unless $answer->{Response} eq 'Success';
  seen($ami->read_response) until over();
  $ami->disconnect or die $ami->error;
} else {
  require Asterisk::Manager;
  my $astman = Asterisk::Manager->new;
  $astman->user($user);
  $astman->secret($secret);
  $astman->host($host);
  $astman->port($port);
  $astman->connect or die $astman->error;
  $astman->setcallback(DEFAULT => sub { my %block = @_; delete $block{''}; seen(\%block) });
  # It takes the next block for the answer, FullyBooted included.
  $astman->sendcommand(Action => 'CoreShowChannels');
  $astman->handleevent until over();
  # And so here: what follows the last Hangup may stand before the goodbye.
  $astman->disconnect;
}
